# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""Every text of the forms in English and Turkish, side by side, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Text(NamedTuple):
    """One text in every language. ``{count}`` is filled in; ``{count:of}`` is "4'ü" in Turkish."""

    en: str
    tr: str


TEXTS: Mapping[str, Text] = {
    # What there is
    "scope.store/order/created": Text("Order created", "Sipariş oluşturuldu"),
    "scope.store/order/updated": Text("Order updated", "Sipariş güncellendi"),
    "scope.store/product/created": Text("Product created", "Ürün oluşturuldu"),
    "scope.store/product/updated": Text("Product updated", "Ürün güncellendi"),
    "scope.store/customer/created": Text("Customer created", "Müşteri oluşturuldu"),
    "scope.store/customer/updated": Text("Customer updated", "Müşteri güncellendi"),
    "scope.store/customer/statusUpdated": Text(
        "Customer status updated", "Müşteri durumu güncellendi"
    ),
    "scope.store/customerFavoriteProducts/created": Text(
        "Favourites created", "Favoriler oluşturuldu"
    ),
    "scope.store/customerFavoriteProducts/updated": Text(
        "Favourites updated", "Favoriler güncellendi"
    ),
    "scope.store/stock/created": Text("Stock created", "Stok oluşturuldu"),
    "scope.store/stock/updated": Text("Stock updated", "Stok güncellendi"),
    "group.order": Text("Order", "Sipariş"),
    "group.product": Text("Product", "Ürün"),
    "group.customer": Text("Customer", "Müşteri"),
    "group.customerFavoriteProducts": Text("Favourites", "Favoriler"),
    "group.stock": Text("Stock", "Stok"),
    # Fields
    "field.endpoint": Text("Endpoint", "Uç nokta"),
    "field.scopes": Text("Scopes", "Kapsamlar"),
    "field.sales_channel_ids": Text("Sales channels", "Satış kanalları"),
    "field.optional": Text("Optional: {names}", "İsteğe bağlı: {names}"),
    "field.select": Text("Select", "Seç"),
    "select.shown": Text("All shown", "Gösterilenlerin tümü"),
    "field.problems": Text("Only problems", "Yalnızca sorunlular"),
    "field.page": Text("Page", "Sayfa"),
    "field.source": Text("From", "Nereden"),
    "field.panel": Text("Action", "İşlem"),
    "field.filter": Text("Filter", "Filtrele"),
    "hint.endpoint": Text(
        "The https:// address that ikas sends events to.",
        "ikas'ın olayları göndereceği https:// adresi.",
    ),
    "hint.sales_channel_ids": Text(
        "One ID per line. ikas cannot show them later.",
        "Her satıra bir ID. ikas bunları sonradan gösteremez.",
    ),
    "hint.filter": Text("Scope, endpoint or state", "Kapsam, uç nokta veya durum yazın"),
    "hint.fleet": Text(
        "Store, scope, endpoint or state", "Mağaza, kapsam, uç nokta veya durum yazın"
    ),
    "hint.one_a_line": Text("One per line.", "Her satıra bir tane."),
    "good.endpoint": Text("This address can be used.", "Bu adres kullanılabilir."),
    "good.here": Text(
        "This address works on this machine only; ikas cannot reach it.",
        "Bu adres yalnızca bu makinede çalışır; ikas ona ulaşamaz.",
    ),
    "all": Text("{group}: all", "{group}: tümü"),
    "none": Text("{group}: none", "{group}: hiçbiri"),
    # What is wrong with an entry, said beside the field
    "problem.endpoint.https": Text(
        "The address has to start with https://.", "Adres https:// ile başlamalı."
    ),
    "problem.endpoint.space": Text("Remove the space.", "Boşluğu silin."),
    "problem.endpoint.host": Text(
        "The host is missing. Example: https://example.com/ikas",
        "Sunucu adı eksik. Örnek: https://example.com/ikas",
    ),
    "problem.endpoint.unreadable": Text(
        "This is not a valid address. Check the host and the port.",
        "Geçerli bir adres değil. Sunucu adını ve bağlantı noktasını kontrol edin.",
    ),
    "problem.endpoint.hidden": Text(
        "Remove the character that does not show.", "Görünmeyen karakteri silin."
    ),
    "problem.endpoint.private": Text(
        "ikas cannot reach this host from the internet. Use a public address.",
        "ikas bu sunucuya internetten ulaşamaz. Herkese açık bir adres kullanın.",
    ),
    "problem.required": Text("Required.", "Zorunlu alan."),
    "problem.stores": Text("Select at least one store.", "En az bir mağaza seçin."),
    "problem.number": Text("Enter a number.", "Bir sayı girin."),
    "problem.scopes": Text("Choose at least one scope.", "En az bir kapsam seçin."),
    # States and changes
    "registered": Text("registered", "kayıtlı"),
    "not_registered": Text("no webhook", "webhook yok"),
    "deleted": Text("deleted", "silinmiş"),
    "unknown": Text("unknown", "bilinmiyor"),
    "change.create": Text("will be registered", "kaydedilecek"),
    "change.replace": Text("will be taken over", "devralınacak"),
    "change.delete": Text("will be removed", "kaldırılacak"),
    "change.keep": Text("unchanged", "değişmeyecek"),
    "change.resend": Text("sales channels will be set", "satış kanalları ayarlanacak"),
    "outcome.saved": Text("saved", "kaydedildi"),
    "outcome.deleted": Text("removed", "kaldırıldı"),
    "outcome.kept": Text("unchanged", "değişmedi"),
    "outcome.conflict": Text("another endpoint is registered", "başka bir uç nokta kayıtlı"),
    "outcome.failed": Text("failed", "yapılamadı"),
    "column.store": Text("Store", "Mağaza"),
    "column.scope": Text("Scope", "Kapsam"),
    "column.state": Text("State", "Durum"),
    "column.endpoint": Text("Endpoint", "Uç nokta"),
    "column.created_at": Text("Created (UTC)", "Oluşturulma (UTC)"),
    "column.updated_at": Text("Updated (UTC)", "Güncelleme (UTC)"),
    "column.age": Text("Created", "Ne zaman"),
    "column.id": Text("ID", "Kimlik"),
    "column.created": Text("Created", "Oluşturuldu"),
    "column.updated": Text("Updated", "Güncellendi"),
    "column.change": Text("Change", "Değişiklik"),
    "column.outcome": Text("Outcome", "Sonuç"),
    "column.now": Text("Endpoint now", "Şimdiki uç nokta"),
    "column.then": Text("Endpoint then", "Sonraki uç nokta"),
    "column.before": Text("Endpoint before", "Önceki uç nokta"),
    "column.after": Text("Endpoint wanted", "İstenen uç nokta"),
    "now": Text("now", "şimdi"),
    "then": Text("then", "sonra"),
    "column.error": Text("Reason", "Neden"),
    # Saving
    "save": Text("Save", "Kaydet"),
    "save.title": Text("Register an endpoint: {store}", "Uç nokta kaydet: {store}"),
    "save.panel": Text("Register or move", "Kaydet veya taşı"),
    "save.refused": Text("ikas refused this address.", "ikas bu adresi reddetti."),
    "save.preview": Text("What saving will change", "Kaydedince ne değişecek"),
    "save.nothing": Text("Already set. Nothing to save.", "Zaten böyle. Kaydedilecek bir şey yok."),
    "save.first": Text(
        "Enter an endpoint and choose scopes to see what will change.",
        "Neyin değişeceğini görmek için uç noktayı yazın ve kapsamları seçin.",
    ),
    "save.replace.one": Text(
        "Take over 1 scope from its current endpoint", "1 kapsamı şimdiki uç noktasından devral"
    ),
    "save.replace.many": Text(
        "Take over {count} scopes from their current endpoints",
        "{count} kapsamı şimdiki uç noktalarından devral",
    ),
    "save.busy": Text("Saving … waiting for ikas.", "Kaydediliyor … ikas bekleniyor."),
    "save.done": Text(
        "Saved {done:of} of {count}, confirmed by ikas.",
        "{count} kapsamın {done:of} kaydedildi, ikas onayladı.",
    ),
    # Deleting
    "delete": Text("Remove", "Kaldır"),
    "delete.title": Text("Remove webhooks: {store}", "Webhook kaldır: {store}"),
    "delete.panel": Text("Remove", "Kaldır"),
    "delete.preview": Text("What removing will change", "Kaldırınca ne değişecek"),
    "delete.first": Text(
        "Select webhooks to see what will change.",
        "Neyin değişeceğini görmek için webhook seçin.",
    ),
    "delete.none": Text("No webhook is registered.", "Kayıtlı webhook yok."),
    "delete.nothing": Text(
        "Nothing to remove: none of the selected scopes is registered.",
        "Kaldırılacak bir şey yok: seçilen kapsamların hiçbiri kayıtlı değil.",
    ),
    "delete.confirm.one": Text(
        "Yes, remove 1 webhook. ikas will stop sending its events.",
        "Evet, 1 webhook'u kaldır. ikas bu olayları artık göndermeyecek.",
    ),
    "delete.confirm.many": Text(
        "Yes, remove {count} webhooks. ikas will stop sending their events.",
        "Evet, {count} webhook'u kaldır. ikas bu olayları artık göndermeyecek.",
    ),
    "delete.busy": Text("Removing … waiting for ikas.", "Kaldırılıyor … ikas bekleniyor."),
    "delete.done": Text(
        "Removed {done:of} of {count}, confirmed by ikas.",
        "{count} webhook'un {done:of} kaldırıldı, ikas onayladı.",
    ),
    # Undoing
    "undo": Text("Undo", "Geri al"),
    "undo.panel": Text("Undo the last change", "Son değişikliği geri al"),
    "undo.preview": Text("What undoing will change", "Geri alınca ne değişecek"),
    "undo.unreadable": Text(
        "The journal {path} cannot be read, so nothing can be undone. Check the file, or move it "
        "away to start a new one.",
        "{path} günlüğü okunamıyor, bu yüzden hiçbir şey geri alınamaz. Dosyayı kontrol edin veya "
        "yeni bir günlük başlatmak için başka yere taşıyın.",
    ),
    "undo.nothing": Text("There is nothing to undo.", "Geri alınacak bir değişiklik yok."),
    "undo.stands": Text(
        "Everything is already as it was before. Undo only forgets the change.",
        "Her şey zaten önceki gibi. Geri almak yalnızca bu değişikliği kayıttan siler.",
    ),
    "undo.channels": Text(
        "Sales channels will not be restored: ikas does not show which ones were set.",
        "Satış kanalları geri gelmez: ikas hangilerinin ayarlı olduğunu göstermez.",
    ),
    "undo.busy": Text("Undoing … waiting for ikas.", "Geri alınıyor … ikas bekleniyor."),
    "undo.done": Text(
        "Undone: {done:of} of {count}, confirmed by ikas.",
        "{count} değişikliğin {done:of} geri alındı, ikas onayladı.",
    ),
    # Sending a test event
    "test": Text("Send a test event", "Deneme olayı gönder"),
    "test.panel": Text("Test", "Dene"),
    "test.first": Text(
        "Select one registered scope to send its endpoint a test event.",
        "Uç noktasına deneme olayı göndermek için kayıtlı bir kapsam seçin.",
    ),
    "test.about": Text(
        "This machine sends it, not ikas: made-up data, signed with your client secret. Its id "
        "begins with synthetic-.",
        "Onu ikas değil, bu makine gönderir: uydurma veri, istemci sırrınızla imzalı. Kimliği "
        "synthetic- ile başlar.",
    ),
    "test.confirm": Text(
        "Yes, send {endpoint} a test event: {scope}",
        "Evet, {endpoint} adresine deneme olayı gönder: {scope}",
    ),
    "test.busy": Text("Sending …", "Gönderiliyor …"),
    "test.done": Text("{endpoint} accepted {id}.", "{endpoint} kabul etti: {id}."),
    "test.failed": Text(
        "{endpoint} did not accept the test event.", "{endpoint} deneme olayını kabul etmedi."
    ),
    # The matrix and the rest
    "matrix.title": Text(
        "Webhooks of {store}: {registered:of} of {count} scopes registered",
        "{store} webhook'ları: {count} kapsamın {registered:of} kayıtlı",
    ),
    "matrix.unknown": Text(
        "Webhooks of {store}: not known yet", "{store} webhook'ları: henüz bilinmiyor"
    ),
    "unlisted": Text(
        "The webhooks of this store are not known yet. Press Refresh.",
        "Bu mağazanın webhook'ları henüz bilinmiyor. Yenile'ye basın.",
    ),
    "fleet.title.one": Text(
        "Webhooks of 1 store: {registered} registered",
        "1 mağazanın webhook'ları: {registered} kayıtlı",
    ),
    "fleet.title.many": Text(
        "Webhooks of {count} stores: {registered} registered",
        "{count} mağazanın webhook'ları: {registered} kayıtlı",
    ),
    "fleet.failed.one": Text(
        "1 store could not be listed and is not shown: {stores}.",
        "1 mağaza listelenemedi ve gösterilmiyor: {stores}.",
    ),
    "fleet.failed.many": Text(
        "{count} stores could not be listed and are not shown: {stores}.",
        "{count} mağaza listelenemedi ve gösterilmiyor: {stores}.",
    ),
    "matrix.shown": Text(
        "{shown:of} of {count} rows shown.", "{count} satırın {shown:of} gösteriliyor."
    ),
    "refresh": Text("Refresh", "Yenile"),
    "refresh.busy": Text("Asking ikas …", "ikas'a soruluyor …"),
    "refresh.done": Text("Listed at {time} UTC.", "Liste saati: {time} UTC."),
    "check": Text("Check", "Denetle"),
    "check.busy": Text("Checking …", "Denetleniyor …"),
    "check.done.one": Text("1 finding.", "1 bulgu."),
    "check.done.many": Text("{count} findings.", "{count} bulgu."),
    "severity.error": Text("error", "hata"),
    "severity.warning": Text("warning", "uyarı"),
    "severity.info": Text("info", "bilgi"),
    # Many stores
    "move": Text("Move", "Taşı"),
    "move.panel": Text("Move to another endpoint", "Başka bir uç noktaya taşı"),
    "move.first": Text(
        "Select stores, where to move from, and the new endpoint.",
        "Mağazaları, nereden taşınacağını ve yeni uç noktayı seçin.",
    ),
    "hint.move": Text(
        "The new address. {store} becomes the name of each store.",
        "Yeni adres. {store} yerine her mağazanın adı yazılır.",
    ),
    "preview": Text("Preview", "Önizle"),
    "move.confirm.one": Text(
        "Yes, change {changes} webhooks in 1 store", "Evet, 1 mağazada {changes} webhook'u değiştir"
    ),
    "move.confirm.many": Text(
        "Yes, change {changes} webhooks in {count} stores",
        "Evet, {count} mağazada {changes} webhook'u değiştir",
    ),
    "move.progress": Text("{done:of} of {count} calls made.", "{count} isteğin {done:of} yapıldı."),
    "move.done": Text(
        "Moved {done:of} of {count}, confirmed by ikas.",
        "{count} webhook'un {done:of} taşındı, ikas onayladı.",
    ),
    "move.other": Text(
        "The last change was made elsewhere by now. fleet.undo() takes that one back.",
        "Son değişiklik artık başka bir yerde yapıldı. Onu fleet.undo() geri alır.",
    ),
    "open": Text("Open", "Aç"),
    "open.panel": Text("Open one store", "Bir mağazayı aç"),
    "python": Text("The same in Python", "Python'da karşılığı"),
    "log": Text("Done in this session", "Bu oturumda yapılanlar"),
    "log.nothing": Text("Nothing yet.", "Henüz bir şey yok."),
    "partly": Text(
        "Some of it failed. The table shows what and why.",
        "Bir kısmı yapılamadı. Tablo neyin, neden yapılamadığını gösteriyor.",
    ),
    "unread": Text(
        "The result could not be confirmed. Press Refresh.",
        "Sonuç doğrulanamadı. Yenile'ye basın.",
    ),
    "kept_entries": Text("Your entries are kept.", "Girdikleriniz duruyor."),
    "changed_entries": Text(
        "The entries changed as you clicked, so nothing was sent. Check them and click again.",
        "Siz tıklarken girdiler değişti, hiçbir şey gönderilmedi. Kontrol edip yeniden tıklayın.",
    ),
    "cancelled": Text(
        "Interrupted. Press Refresh to see what was done.",
        "Durduruldu. Ne yapıldığını görmek için Yenile'ye basın.",
    ),
    # Errors: what it means and what to do
    "error.TransportError": Text(
        "ikas did not answer. Check the connection and try again.",
        "ikas yanıt vermedi. Bağlantıyı kontrol edip yeniden deneyin.",
    ),
    "error.ResponseError": Text(
        "ikas sent an answer that cannot be used. Try again in a minute.",
        "ikas kullanılamayan bir yanıt verdi. Bir dakika sonra yeniden deneyin.",
    ),
    "error.RateLimitedError": Text(
        "Too many calls. Wait ten seconds and try again.",
        "Çok fazla istek gönderildi. On saniye bekleyip yeniden deneyin.",
    ),
    "error.CredentialsError": Text(
        "ikas did not accept the credentials. Check them and connect again.",
        "ikas kimlik bilgilerini kabul etmedi. Kontrol edip yeniden bağlanın.",
    ),
    "error.LoginRequiredError": Text(
        "ikas does not accept the access token. Connect again with a new one.",
        "ikas erişim anahtarını kabul etmiyor. Yenisiyle yeniden bağlanın.",
    ),
    "error.PermissionDeniedError": Text(
        "The app lacks a permission for this. Grant it in ikas.",
        "Uygulamanın buna izni yok. İzni ikas'ta verin.",
    ),
    "error.AppNotFoundError": Text(
        "The app is no longer installed in this store. Install it again.",
        "Uygulama artık bu mağazada kurulu değil. Yeniden kurun.",
    ),
    "error.InvalidScopeError": Text(
        "This scope cannot be registered. Choose another.",
        "Bu kapsam kaydedilemez. Başka bir kapsam seçin.",
    ),
    "error.ScopeRefusedError": Text(
        "ikas refused a scope. Choose another.",
        "ikas bir kapsamı reddetti. Başka bir kapsam seçin.",
    ),
    "error.InvalidArgumentError": Text(
        "A value cannot be used, most likely the endpoint. Correct it and try again.",
        "Bir değer, büyük olasılıkla uç nokta kullanılamıyor. Düzeltip yeniden deneyin.",
    ),
    "error.ArgumentRefusedError": Text(
        "ikas refused a value, most likely the endpoint. Correct it and try again.",
        "ikas bir değeri, büyük olasılıkla uç noktayı reddetti. Düzeltip yeniden deneyin.",
    ),
    "error.GraphQLError": Text(
        "ikas refused this. The reason is below.", "ikas bunu reddetti. Nedeni aşağıda."
    ),
    "error.PlanError": Text(
        "Nothing was sent: the webhooks have changed since they were shown. Check again.",
        "Hiçbir şey gönderilmedi: webhook'lar gösterildikten sonra değişti. Yeniden kontrol edin.",
    ),
    "error.StorageError": Text(
        "The journal on this machine cannot be used. The reason is below.",
        "Bu makinedeki günlük kullanılamıyor. Nedeni aşağıda.",
    ),
    "error.IkasError": Text(
        "This did not work. The reason is below.", "Bu yapılamadı. Nedeni aşağıda."
    ),
    "error.unexpected": Text(
        "Something unexpected went wrong ({kind}). Press Refresh to see the current state.",
        "Beklenmeyen bir hata oluştu ({kind}). Şimdiki durumu görmek için Yenile'ye basın.",
    ),
    # How long ago
    "age.now": Text("just now", "az önce"),
    "age.minute.one": Text("1 minute ago", "1 dakika önce"),
    "age.minute.many": Text("{count} minutes ago", "{count} dakika önce"),
    "age.hour.one": Text("1 hour ago", "1 saat önce"),
    "age.hour.many": Text("{count} hours ago", "{count} saat önce"),
    "age.day.one": Text("1 day ago", "1 gün önce"),
    "age.day.many": Text("{count} days ago", "{count} gün önce"),
    "age.month.one": Text("1 month ago", "1 ay önce"),
    "age.month.many": Text("{count} months ago", "{count} ay önce"),
    "age.year.one": Text("1 year ago", "1 yıl önce"),
    "age.year.many": Text("{count} years ago", "{count} yıl önce"),
}
