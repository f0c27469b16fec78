# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""Every text of the forms in English and Turkish, side by side, so that none can be missing.

``{count}`` is filled in; ``{count:of}`` is a part of something in Turkish: "4'ü".
"""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    # What there is
    "scope.store/order/created": ("Order created", "Sipariş oluşturuldu"),
    "scope.store/order/updated": ("Order updated", "Sipariş güncellendi"),
    "scope.store/product/created": ("Product created", "Ürün oluşturuldu"),
    "scope.store/product/updated": ("Product updated", "Ürün güncellendi"),
    "scope.store/customer/created": ("Customer created", "Müşteri oluşturuldu"),
    "scope.store/customer/updated": ("Customer updated", "Müşteri güncellendi"),
    "scope.store/customer/statusUpdated": ("Customer status updated", "Müşteri durumu güncellendi"),
    "scope.store/customerFavoriteProducts/created": ("Favourites created", "Favoriler oluşturuldu"),
    "scope.store/customerFavoriteProducts/updated": ("Favourites updated", "Favoriler güncellendi"),
    "scope.store/stock/created": ("Stock created", "Stok oluşturuldu"),
    "scope.store/stock/updated": ("Stock updated", "Stok güncellendi"),
    "group.order": ("Order", "Sipariş"),
    "group.product": ("Product", "Ürün"),
    "group.customer": ("Customer", "Müşteri"),
    "group.customerFavoriteProducts": ("Favourites", "Favoriler"),
    "group.stock": ("Stock", "Stok"),
    # Fields
    "field.endpoint": ("Endpoint", "Uç nokta"),
    "field.scopes": ("Scopes", "Kapsamlar"),
    "field.sales_channel_ids": ("Sales channels", "Satış kanalları"),
    "field.optional": ("Optional: {names}", "İsteğe bağlı: {names}"),
    "field.select": ("Select", "Seç"),
    "select.shown": ("All shown", "Gösterilenlerin tümü"),
    "field.problems": ("Only problems", "Yalnızca sorunlular"),
    "field.page": ("Page", "Sayfa"),
    "field.source": ("From", "Nereden"),
    "field.panel": ("Action", "İşlem"),
    "field.filter": ("Filter", "Filtrele"),
    "hint.endpoint": (
        "The https:// address that ikas sends events to.",
        "ikas'ın olayları göndereceği https:// adresi.",
    ),
    "hint.sales_channel_ids": (
        "One ID per line. ikas cannot show them later.",
        "Her satıra bir ID. ikas bunları sonradan gösteremez.",
    ),
    "hint.filter": ("Scope, endpoint or state", "Kapsam, uç nokta veya durum yazın"),
    "hint.fleet": ("Store, scope, endpoint or state", "Mağaza, kapsam, uç nokta veya durum yazın"),
    "hint.one_a_line": ("One per line.", "Her satıra bir tane."),
    "good.endpoint": ("This address can be used.", "Bu adres kullanılabilir."),
    "good.here": (
        "This address works on this machine only; ikas cannot reach it.",
        "Bu adres yalnızca bu makinede çalışır; ikas ona ulaşamaz.",
    ),
    "all": ("{group}: all", "{group}: tümü"),
    "none": ("{group}: none", "{group}: hiçbiri"),
    # What is wrong with an entry, said beside the field
    "problem.endpoint.https": (
        "The address has to start with https://.",
        "Adres https:// ile başlamalı.",
    ),
    "problem.endpoint.space": ("Remove the space.", "Boşluğu silin."),
    "problem.endpoint.host": (
        "The host is missing. Example: https://example.com/ikas",
        "Sunucu adı eksik. Örnek: https://example.com/ikas",
    ),
    "problem.endpoint.unreadable": (
        "This is not a valid address. Check the host and the port.",
        "Geçerli bir adres değil. Sunucu adını ve bağlantı noktasını kontrol edin.",
    ),
    "problem.endpoint.hidden": (
        "Remove the invisible character.",
        "Görünmeyen karakteri silin.",
    ),
    "problem.endpoint.private": (
        "ikas cannot reach this host from the internet. Use a public address.",
        "ikas bu sunucuya internetten ulaşamaz. Herkese açık bir adres kullanın.",
    ),
    "problem.required": ("Required.", "Zorunlu alan."),
    "problem.stores": ("Select at least one store.", "En az bir mağaza seçin."),
    "problem.number": ("Enter a number.", "Bir sayı girin."),
    "problem.scopes": ("Choose at least one scope.", "En az bir kapsam seçin."),
    # States and changes
    "registered": ("registered", "kayıtlı"),
    "not_registered": ("no webhook", "webhook yok"),
    "deleted": ("deleted", "silinmiş"),
    "unknown": ("unknown", "bilinmiyor"),
    "change.create": ("will be registered", "kaydedilecek"),
    "change.replace": ("will be taken over", "devralınacak"),
    "change.delete": ("will be removed", "kaldırılacak"),
    "change.keep": ("unchanged", "değişmeyecek"),
    "change.resend": ("sales channels will be set", "satış kanalları ayarlanacak"),
    "outcome.saved": ("saved", "kaydedildi"),
    "outcome.deleted": ("removed", "kaldırıldı"),
    "outcome.kept": ("unchanged", "değişmedi"),
    "outcome.conflict": ("another endpoint is registered", "başka bir uç nokta kayıtlı"),
    "outcome.failed": ("failed", "yapılamadı"),
    "column.store": ("Store", "Mağaza"),
    "column.scope": ("Scope", "Kapsam"),
    "column.state": ("State", "Durum"),
    "column.endpoint": ("Endpoint", "Uç nokta"),
    "column.created_at": ("Created (UTC)", "Oluşturulma (UTC)"),
    "column.updated_at": ("Updated (UTC)", "Güncelleme (UTC)"),
    "column.age": ("Created", "Ne zaman"),
    "column.id": ("ID", "Kimlik"),
    "column.created": ("Created", "Oluşturuldu"),
    "column.updated": ("Updated", "Güncellendi"),
    "column.change": ("Change", "Değişiklik"),
    "column.outcome": ("Outcome", "Sonuç"),
    "column.now": ("Current endpoint", "Şimdiki uç nokta"),
    "column.then": ("New endpoint", "Yeni uç nokta"),
    "column.before": ("Previous endpoint", "Önceki uç nokta"),
    "column.after": ("Requested endpoint", "İstenen uç nokta"),
    "now": ("now", "şimdi"),
    "then": ("new", "yeni"),
    "column.error": ("Reason", "Neden"),
    # Saving
    "save": ("Save", "Kaydet"),
    "save.title": ("Register an endpoint: {store}", "Uç nokta kaydet: {store}"),
    "save.panel": ("Register or move", "Kaydet veya taşı"),
    "save.refused": ("ikas refused this address.", "ikas bu adresi reddetti."),
    "save.preview": ("What saving will change", "Kaydedince ne değişecek"),
    "save.nothing": ("Already set. Nothing to save.", "Zaten böyle. Kaydedilecek bir şey yok."),
    "save.first": (
        "Enter an endpoint and choose scopes to see what will change.",
        "Neyin değişeceğini görmek için uç noktayı yazın ve kapsamları seçin.",
    ),
    "save.replace.one": (
        "Take over 1 scope from its current endpoint",
        "1 kapsamı şimdiki uç noktasından devral",
    ),
    "save.replace.many": (
        "Take over {count} scopes from their current endpoints",
        "{count} kapsamı şimdiki uç noktalarından devral",
    ),
    "save.busy": ("Saving … waiting for ikas.", "Kaydediliyor … ikas bekleniyor."),
    "save.done": (
        "Saved {done} of {count}, confirmed by ikas.",
        "{count} kapsamın {done:of} kaydedildi, ikas onayladı.",
    ),
    # Deleting
    "delete": ("Remove", "Kaldır"),
    "delete.title": ("Remove webhooks: {store}", "Webhook kaldır: {store}"),
    "delete.panel": ("Remove", "Kaldır"),
    "delete.preview": ("What removing will change", "Kaldırınca ne değişecek"),
    "delete.first": (
        "Select webhooks to see what will change.",
        "Neyin değişeceğini görmek için webhook seçin.",
    ),
    "delete.none": ("No webhook is registered.", "Kayıtlı webhook yok."),
    "delete.nothing": (
        "Nothing to remove: none of the selected scopes is registered.",
        "Kaldırılacak bir şey yok: seçilen kapsamların hiçbiri kayıtlı değil.",
    ),
    "delete.confirm.one": (
        "Yes, remove 1 webhook. ikas will stop sending its events.",
        "Evet, 1 webhook'u kaldır. ikas bu olayları artık göndermeyecek.",
    ),
    "delete.confirm.many": (
        "Yes, remove {count} webhooks. ikas will stop sending their events.",
        "Evet, {count} webhook'u kaldır. ikas bu olayları artık göndermeyecek.",
    ),
    "delete.busy": ("Removing … waiting for ikas.", "Kaldırılıyor … ikas bekleniyor."),
    "delete.done": (
        "Removed {done} of {count}, confirmed by ikas.",
        "{count} webhook'un {done:of} kaldırıldı, ikas onayladı.",
    ),
    # Undoing
    "undo": ("Undo", "Geri al"),
    "undo.panel": ("Undo the last change", "Son değişikliği geri al"),
    "undo.preview": ("What undoing will change", "Geri alınca ne değişecek"),
    "undo.unreadable": (
        "The journal {path} cannot be read, so nothing can be undone. Check the file, or move it "
        "away to start a new one.",
        "{path} günlüğü okunamıyor, bu yüzden hiçbir şey geri alınamaz. Dosyayı kontrol edin veya "
        "yeni bir günlük başlatmak için başka yere taşıyın.",
    ),
    "undo.nothing": ("There is nothing to undo.", "Geri alınacak bir değişiklik yok."),
    "undo.stands": (
        "Everything is already as it was before. Undo only forgets the change.",
        "Her şey zaten önceki gibi. Geri almak yalnızca bu değişikliği kayıttan siler.",
    ),
    "undo.channels": (
        "Sales channels will not be restored: ikas does not show which ones were set.",
        "Satış kanalları geri yüklenmez: ikas hangilerinin ayarlı olduğunu göstermez.",
    ),
    "undo.busy": ("Undoing … waiting for ikas.", "Geri alınıyor … ikas bekleniyor."),
    "undo.done": (
        "Undone: {done} of {count}, confirmed by ikas.",
        "{count} değişikliğin {done:of} geri alındı, ikas onayladı.",
    ),
    # Sending a test event
    "test": ("Send a test event", "Deneme olayı gönder"),
    "test.panel": ("Test", "Dene"),
    "test.first": (
        "Select one registered scope to send its endpoint a test event.",
        "Uç noktasına deneme olayı göndermek için kayıtlı bir kapsam seçin.",
    ),
    "test.about": (
        "This machine sends it, not ikas: made-up data, signed with your client secret. Its id "
        "begins with synthetic-.",
        "Olayı ikas değil, bu makine gönderir. Verileri uydurmadır ve istemci sırrınızla "
        "imzalanır. Kimliği synthetic- ile başlar.",
    ),
    "test.confirm": (
        "Yes, send {endpoint} a test event: {scope}",
        "Evet, {endpoint} adresine deneme olayı gönder: {scope}",
    ),
    "test.busy": ("Sending …", "Gönderiliyor …"),
    "test.done": ("{endpoint} accepted {id}.", "{endpoint} kabul etti: {id}."),
    "test.failed": (
        "{endpoint} did not accept the test event.",
        "{endpoint} deneme olayını kabul etmedi.",
    ),
    # The matrix and the rest
    "matrix.title": (
        "Webhooks of {store}: {registered} of {count} scopes registered",
        "{store} webhook'ları: {count} kapsamın {registered:of} kayıtlı",
    ),
    "matrix.unknown": (
        "Webhooks of {store}: not known yet",
        "{store} webhook'ları: henüz bilinmiyor",
    ),
    "unlisted": (
        "The webhooks of this store are not known yet. Press Refresh.",
        "Bu mağazanın webhook'ları henüz bilinmiyor. Yenile'ye basın.",
    ),
    "fleet.title.one": (
        "Webhooks of 1 store: {registered} registered",
        "1 mağazanın webhook'ları: {registered} kayıtlı",
    ),
    "fleet.title.many": (
        "Webhooks of {count} stores: {registered} registered",
        "{count} mağazanın webhook'ları: {registered} kayıtlı",
    ),
    "fleet.failed.one": (
        "1 store could not be listed and is not shown: {stores}.",
        "1 mağaza listelenemedi ve gösterilmiyor: {stores}.",
    ),
    "fleet.failed.many": (
        "{count} stores could not be listed and are not shown: {stores}.",
        "{count} mağaza listelenemedi ve gösterilmiyor: {stores}.",
    ),
    "matrix.shown": ("{shown} of {count} rows shown.", "{count} satırın {shown:of} gösteriliyor."),
    "refresh": ("Refresh", "Yenile"),
    "refresh.busy": ("Asking ikas …", "ikas'a soruluyor …"),
    "refresh.done": ("Listed at {time} UTC.", "Liste saati: {time} UTC."),
    "check": ("Check", "Denetle"),
    "check.busy": ("Checking …", "Denetleniyor …"),
    "check.done.one": ("1 finding.", "1 bulgu."),
    "check.done.many": ("{count} findings.", "{count} bulgu."),
    "severity.error": ("error", "hata"),
    "severity.warning": ("warning", "uyarı"),
    "severity.info": ("info", "bilgi"),
    # Many stores
    "move": ("Move", "Taşı"),
    "move.panel": ("Move to another endpoint", "Başka bir uç noktaya taşı"),
    "move.first": (
        "Select stores, where to move from, and the new endpoint.",
        "Mağazaları, nereden taşınacağını ve yeni uç noktayı seçin.",
    ),
    "hint.move": (
        "The new address. {store} becomes the name of each store.",
        "Yeni adres. {store} yerine her mağazanın adı yazılır.",
    ),
    "preview": ("Preview", "Önizle"),
    "move.confirm.one": (
        "Yes, change {webhooks} in 1 store",
        "Evet, 1 mağazada {webhooks} değiştir",
    ),
    "move.confirm.many": (
        "Yes, change {webhooks} in {count} stores",
        "Evet, {count} mağazada {webhooks} değiştir",
    ),
    "move.webhooks.one": ("1 webhook", "1 webhook'u"),
    "move.webhooks.many": ("{count} webhooks", "{count} webhook'u"),
    "move.progress": ("{done} of {count} calls made.", "{count} isteğin {done:of} yapıldı."),
    "move.done": (
        "Moved {done} of {count}, confirmed by ikas.",
        "{count} webhook'un {done:of} taşındı, ikas onayladı.",
    ),
    "move.other": (
        "Meanwhile another change was made elsewhere. fleet.undo() takes that one back.",
        "Bu arada başka bir yerde başka bir değişiklik yapıldı. Onu fleet.undo() geri alır.",
    ),
    "open": ("Open", "Aç"),
    "open.panel": ("Open one store", "Bir mağazayı aç"),
    "python": ("The same in Python", "Python'da karşılığı"),
    "log": ("Done in this session", "Bu oturumda yapılanlar"),
    "log.nothing": ("Nothing yet.", "Henüz bir şey yok."),
    "partly": (
        "Some of it failed. The table shows what and why.",
        "Bir kısmı yapılamadı. Tablo neyin, neden yapılamadığını gösteriyor.",
    ),
    "unread": (
        "The result could not be confirmed. Press Refresh.",
        "Sonuç doğrulanamadı. Yenile'ye basın.",
    ),
    "kept_entries": ("Your entries are kept.", "Girdikleriniz duruyor."),
    "changed_entries": (
        "The entries changed as you clicked, so nothing was sent. Check them and click again.",
        "Siz tıklarken girdiler değişti, hiçbir şey gönderilmedi. Kontrol edip yeniden tıklayın.",
    ),
    "cancelled": (
        "Interrupted. Press Refresh to see what was done.",
        "Durduruldu. Ne yapıldığını görmek için Yenile'ye basın.",
    ),
    # Errors: what it means and what to do
    "error.TransportError": (
        "ikas did not answer. Check the connection and try again.",
        "ikas yanıt vermedi. Bağlantıyı kontrol edip yeniden deneyin.",
    ),
    "error.ResponseError": (
        "ikas sent an answer that cannot be used. Try again in a minute.",
        "ikas kullanılamayan bir yanıt verdi. Bir dakika sonra yeniden deneyin.",
    ),
    "error.RateLimitedError": (
        "Too many calls. Wait ten seconds and try again.",
        "Çok fazla istek gönderildi. On saniye bekleyip yeniden deneyin.",
    ),
    "error.CredentialsError": (
        "ikas did not accept the credentials. Check them and connect again.",
        "ikas kimlik bilgilerini kabul etmedi. Kontrol edip yeniden bağlanın.",
    ),
    "error.LoginRequiredError": (
        "ikas does not accept the access token. Connect again with a new one.",
        "ikas erişim anahtarını kabul etmiyor. Yenisiyle yeniden bağlanın.",
    ),
    "error.PermissionDeniedError": (
        "The app lacks a permission for this. Grant it in ikas.",
        "Uygulamanın buna izni yok. İzni ikas'ta verin.",
    ),
    "error.AppNotFoundError": (
        "The app is no longer installed in this store. Install it again.",
        "Uygulama artık bu mağazada kurulu değil. Yeniden kurun.",
    ),
    "error.InvalidScopeError": (
        "This scope cannot be registered. Choose another.",
        "Bu kapsam kaydedilemez. Başka bir kapsam seçin.",
    ),
    "error.ScopeRefusedError": (
        "ikas refused a scope. Choose another.",
        "ikas bir kapsamı reddetti. Başka bir kapsam seçin.",
    ),
    "error.InvalidArgumentError": (
        "A value cannot be used, most likely the endpoint. Correct it and try again.",
        "Bir değer, büyük olasılıkla uç nokta, kullanılamıyor. Düzeltip yeniden deneyin.",
    ),
    "error.ArgumentRefusedError": (
        "ikas refused a value, most likely the endpoint. Correct it and try again.",
        "ikas bir değeri, büyük olasılıkla uç noktayı, reddetti. Düzeltip yeniden deneyin.",
    ),
    "error.GraphQLError": (
        "ikas refused this. The reason is below.",
        "ikas bunu reddetti. Nedeni aşağıda.",
    ),
    "error.PlanError": (
        "Nothing was sent: the webhooks have changed since they were shown. Check again.",
        "Hiçbir şey gönderilmedi: webhook'lar gösterildikten sonra değişti. Yeniden kontrol edin.",
    ),
    "error.StorageError": (
        "The journal on this machine cannot be used. The reason is below.",
        "Bu makinedeki günlük kullanılamıyor. Nedeni aşağıda.",
    ),
    "error.IkasError": (
        "This did not work. The reason is below.",
        "Bu yapılamadı. Nedeni aşağıda.",
    ),
    "error.unexpected": (
        "Something unexpected went wrong ({kind}). Press Refresh to see the current state.",
        "Beklenmeyen bir hata oluştu ({kind}). Şimdiki durumu görmek için Yenile'ye basın.",
    ),
    # How long ago
    "age.now": ("just now", "az önce"),
    "age.minute.one": ("1 minute ago", "1 dakika önce"),
    "age.minute.many": ("{count} minutes ago", "{count} dakika önce"),
    "age.hour.one": ("1 hour ago", "1 saat önce"),
    "age.hour.many": ("{count} hours ago", "{count} saat önce"),
    "age.day.one": ("1 day ago", "1 gün önce"),
    "age.day.many": ("{count} days ago", "{count} gün önce"),
    "age.month.one": ("1 month ago", "1 ay önce"),
    "age.month.many": ("{count} months ago", "{count} ay önce"),
    "age.year.one": ("1 year ago", "1 yıl önce"),
    "age.year.many": ("{count} years ago", "{count} yıl önce"),
}
