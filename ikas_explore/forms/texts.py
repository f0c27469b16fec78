# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""The table of texts: each in English and Turkish, side by side, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["en", "tr"]


class Text(NamedTuple):
    """One text in every language; ``{names}`` in it are filled in."""

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
    "field.sales_channel_ids": Text("Sales channels (optional)", "Satış kanalları (isteğe bağlı)"),
    "field.filter": Text("Filter", "Süz"),
    "hint.endpoint": Text(
        "The https:// address ikas pushes events to.",
        "ikas'ın olayları göndereceği https:// adresi.",
    ),
    "hint.sales_channel_ids": Text(
        "Ids, one a line. ikas does not tell them back.",
        "Her satıra bir kimlik. ikas bunları geri bildirmez.",
    ),
    "hint.filter": Text(
        "Words of a scope, an endpoint or a state.",
        "Kapsamdan, uç noktadan ya da durumdan sözcükler.",
    ),
    "hint.one_a_line": Text("One a line.", "Her satıra bir tane."),
    "good.endpoint": Text("This address can be used.", "Bu adres kullanılabilir."),
    "good.here": Text(
        "This address can be used here; ikas itself could not reach it.",
        "Bu adres burada kullanılabilir; ikas'ın kendisi ona ulaşamaz.",
    ),
    "all": Text("{group}: all", "{group}: tümü"),
    "none": Text("{group}: none", "{group}: hiçbiri"),
    # What is wrong with an entry, said beside the field
    "problem.endpoint.https": Text(
        "It has to start with https://; ikas pushes nowhere else.",
        "https:// ile başlamalı; ikas başka bir yere göndermez.",
    ),
    "problem.endpoint.space": Text("It holds a space; remove it.", "İçinde boşluk var; silin."),
    "problem.endpoint.host": Text(
        "It names no host; for example https://example.com/ikas.",
        "Sunucu adı yok; örneğin https://example.com/ikas.",
    ),
    "problem.endpoint.unreadable": Text(
        "It cannot be read as an address; look at the host and the port.",
        "Adres olarak okunamıyor; sunucu adına ve bağlantı noktasına bakın.",
    ),
    "problem.endpoint.private": Text(
        "This host cannot be reached from the internet; ikas refuses it.",
        "Bu sunucuya internetten ulaşılamaz; ikas reddeder.",
    ),
    "problem.required": Text("This is needed.", "Bu gerekli."),
    "problem.number": Text("This has to be a number.", "Bu bir sayı olmalı."),
    "problem.scopes": Text("Choose at least one scope.", "En az bir kapsam seçin."),
    # States and changes
    "registered": Text("registered", "kayıtlı"),
    "not_registered": Text("no webhook", "webhook yok"),
    "deleted": Text("deleted", "silinmiş"),
    "unknown": Text("not known", "bilinmiyor"),
    "change.create": Text("will be registered", "kaydedilecek"),
    "change.replace": Text("will be taken over", "devralınacak"),
    "change.delete": Text("will be removed", "kaldırılacak"),
    "change.keep": Text("unchanged", "değişmeyecek"),
    "change.resend": Text("sales channels will be set", "satış kanalları ayarlanacak"),
    "outcome.saved": Text("saved", "kaydedildi"),
    "outcome.deleted": Text("removed", "kaldırıldı"),
    "outcome.kept": Text("unchanged", "değişmedi"),
    "outcome.conflict": Text("something else stands there", "orada başka bir kayıt var"),
    "outcome.failed": Text("not done", "yapılamadı"),
    "column.store": Text("Store", "Mağaza"),
    "column.scope": Text("Scope", "Kapsam"),
    "column.state": Text("State", "Durum"),
    "column.endpoint": Text("Endpoint", "Uç nokta"),
    "column.created_at": Text("Created (UTC)", "Oluşturulma (UTC)"),
    "column.updated_at": Text("Updated (UTC)", "Güncelleme (UTC)"),
    "column.age": Text("Age", "Yaş"),
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
    "save.section": Text("Register or move the selected", "Seçilenleri kaydet ya da taşı"),
    "save.preview": Text("What saving will change", "Kaydetmek neyi değiştirecek"),
    "save.nothing": Text(
        "Nothing to save: all of it stands so already.",
        "Kaydedilecek bir şey yok: hepsi zaten böyle.",
    ),
    "save.first": Text(
        "Give an endpoint and choose scopes to see what will change.",
        "Neyin değişeceğini görmek için bir uç nokta verin ve kapsam seçin.",
    ),
    "save.replace.one": Text(
        "Take over 1 scope from the endpoint that has it now",
        "1 kapsamı şimdiki uç noktasından devral",
    ),
    "save.replace.many": Text(
        "Take over {count} scopes from the endpoints that have them now",
        "{count} kapsamı şimdiki uç noktalarından devral",
    ),
    "save.busy": Text(
        "Saving … ikas is being asked; this can take a while.",
        "Kaydediliyor … ikas'a soruluyor; biraz sürebilir.",
    ),
    "save.done": Text(
        "Saved: {done} of {count}, read back from ikas.",
        "Kaydedildi: {count} kapsamdan {done}, ikas'tan geri okundu.",
    ),
    # Deleting
    "delete": Text("Remove", "Kaldır"),
    "delete.title": Text("Remove webhooks: {store}", "Webhook kaldır: {store}"),
    "delete.section": Text("Remove the selected", "Seçilenleri kaldır"),
    "delete.preview": Text("What removing will change", "Kaldırmak neyi değiştirecek"),
    "delete.first": Text(
        "Select what to remove to see what will change.",
        "Neyin değişeceğini görmek için kaldırılacakları seçin.",
    ),
    "delete.none": Text("Nothing is registered.", "Kayıtlı webhook yok."),
    "delete.nothing": Text(
        "Nothing to remove: none of the selected is registered.",
        "Kaldırılacak bir şey yok: seçilenlerin hiçbiri kayıtlı değil.",
    ),
    "delete.confirm.one": Text(
        "Yes, remove 1 webhook: its events will not be pushed any more",
        "Evet, 1 webhook'u kaldır: olayları artık gönderilmeyecek",
    ),
    "delete.confirm.many": Text(
        "Yes, remove {count} webhooks: their events will not be pushed any more",
        "Evet, {count} webhook'u kaldır: olayları artık gönderilmeyecek",
    ),
    "delete.busy": Text(
        "Removing … ikas is being asked; this can take a while.",
        "Kaldırılıyor … ikas'a soruluyor; biraz sürebilir.",
    ),
    "delete.done": Text(
        "Removed: {done} of {count}, read back from ikas.",
        "Kaldırıldı: {count} webhook'tan {done}, ikas'tan geri okundu.",
    ),
    # Undoing
    "undo": Text("Undo", "Geri al"),
    "undo.section": Text("Take back the last change", "Son değişikliği geri al"),
    "undo.preview": Text("What undoing will change", "Geri almak neyi değiştirecek"),
    "undo.unreadable": Text(
        "The journal {path} cannot be read, so nothing can be taken back. Look at the file, or "
        "move it away to begin a new one.",
        "{path} günlüğü okunamıyor, bu yüzden hiçbir şey geri alınamaz. Dosyaya bakın ya da yeni "
        "bir günlük için onu başka yere taşıyın.",
    ),
    "undo.nothing": Text("There is no change to take back.", "Geri alınacak bir değişiklik yok."),
    "undo.stands": Text(
        "What stood there before stands there again; undoing only forgets the change.",
        "Önceki durum zaten geri gelmiş; geri almak yalnızca değişikliği unutur.",
    ),
    "undo.channels": Text(
        "Sales channels cannot be read from ikas, so they are not restored.",
        "Satış kanalları ikas'tan okunamadığı için geri getirilmez.",
    ),
    "undo.busy": Text(
        "Undoing … ikas is being asked; this can take a while.",
        "Geri alınıyor … ikas'a soruluyor; biraz sürebilir.",
    ),
    "undo.done": Text(
        "Taken back: {done} of {count}, read back from ikas.",
        "Geri alındı: {count} değişiklikten {done}, ikas'tan geri okundu.",
    ),
    # The matrix and the rest
    "matrix.title": Text(
        "Webhooks of {store}: {registered} of {count} scopes registered",
        "{store} webhook'ları: {count} kapsamdan {registered} kayıtlı",
    ),
    "matrix.unknown": Text(
        "Webhooks of {store}: not known yet", "{store} webhook'ları: henüz bilinmiyor"
    ),
    "unlisted": Text(
        "What is registered is not known, so nothing can be changed; press Refresh.",
        "Neyin kayıtlı olduğu bilinmiyor, bu yüzden hiçbir şey değiştirilemez; Yenile'ye basın.",
    ),
    "fleet.title": Text(
        "Webhooks of {stores} stores: {registered} registered, to look at only",
        "{stores} mağazanın webhook'ları: {registered} kayıtlı, yalnızca görüntülemek için",
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
        "{shown} of {count} rows shown.", "{count} satırdan {shown} gösteriliyor."
    ),
    "refresh": Text("Refresh", "Yenile"),
    "refresh.busy": Text("Asking ikas …", "ikas'a soruluyor …"),
    "refresh.done": Text("Listed at {time} UTC.", "Liste saati: {time} UTC."),
    "python": Text("The same in Python", "Python'da karşılığı"),
    "log": Text("Done in this session", "Bu oturumda yapılanlar"),
    "log.nothing": Text("Nothing yet.", "Henüz bir şey yok."),
    "partly": Text(
        "Not all of it was done; the table says what and why.",
        "Hepsi yapılamadı; tablo neyin neden yapılamadığını söylüyor.",
    ),
    "unread": Text(
        "What stands there now could not be read back; press Refresh.",
        "Şimdiki durum geri okunamadı; Yenile'ye basın.",
    ),
    "kept_entries": Text("Your entries are kept.", "Girdikleriniz duruyor."),
    "changed_entries": Text(
        "The entries changed as you clicked, so nothing was sent. Look and click again.",
        "Tıkladığınız sırada girdiler değişti, hiçbir şey gönderilmedi. Bakıp yeniden tıklayın.",
    ),
    "cancelled": Text(
        "Interrupted. Press Refresh to see what was done.",
        "Durduruldu. Ne yapıldığını görmek için Yenile'ye basın.",
    ),
    # Errors: what it means and what to do
    "error.TransportError": Text(
        "ikas did not answer. Look at the connection and try again.",
        "ikas yanıt vermedi. Bağlantıyı denetleyip yeniden deneyin.",
    ),
    "error.ResponseError": Text(
        "ikas answered something that cannot be used. Try again in a minute.",
        "ikas kullanılamayan bir yanıt verdi. Bir dakika sonra yeniden deneyin.",
    ),
    "error.RateLimitedError": Text(
        "Too many calls for ikas. Wait ten seconds and try again.",
        "ikas için çok fazla istek. On saniye bekleyip yeniden deneyin.",
    ),
    "error.CredentialsError": Text(
        "ikas did not accept the credentials. Look at them and connect again.",
        "ikas kimlik bilgilerini kabul etmedi. Denetleyip yeniden bağlanın.",
    ),
    "error.LoginRequiredError": Text(
        "ikas does not accept the access token (any more). Connect again with a new one.",
        "ikas erişim anahtarını (artık) kabul etmiyor. Yenisiyle yeniden bağlanın.",
    ),
    "error.PermissionDeniedError": Text(
        "The app lacks a permission for this. Give it to the app in ikas.",
        "Uygulamanın buna izni yok. İzni ikas'ta uygulamaya verin.",
    ),
    "error.AppNotFoundError": Text(
        "The app is not installed in this store any more. Install it again.",
        "Uygulama artık bu mağazada kurulu değil. Yeniden kurun.",
    ),
    "error.InvalidScopeError": Text(
        "ikas refused a scope. Choose another.",
        "ikas bir kapsamı reddetti. Başka bir kapsam seçin.",
    ),
    "error.InvalidArgumentError": Text(
        "ikas refused a value, most often the endpoint. Mend it and try again.",
        "ikas bir değeri, büyük olasılıkla uç noktayı reddetti. Düzeltip yeniden deneyin.",
    ),
    "error.UnknownFieldError": Text(
        "ikas does not know a field of this request. The reason is below.",
        "ikas bu isteğin bir alanını tanımıyor. Nedeni aşağıda.",
    ),
    "error.GraphQLError": Text(
        "ikas refused this. The reason stands below.", "ikas bunu reddetti. Nedeni aşağıda."
    ),
    "error.PlanError": Text(
        "Nothing was written: what is registered has changed since it was shown. Look again.",
        "Hiçbir şey yazılmadı: kayıtlar gösterildiğinden beri değişti. Yeniden bakın.",
    ),
    "error.StorageError": Text(
        "The journal on this machine cannot be used. What follows from it stands below.",
        "Bu makinedeki günlük kullanılamıyor. Bunun sonucu aşağıda.",
    ),
    "error.IkasError": Text(
        "This could not be done. The reason stands below.", "Bu yapılamadı. Nedeni aşağıda."
    ),
    "error.unexpected": Text(
        "Something went wrong that should not ({kind}). Press Refresh to see what stands there.",
        "Beklenmeyen bir hata oldu ({kind}). Şimdiki durumu görmek için Yenile'ye basın.",
    ),
    # Ages
    "age.now": Text("just now", "az önce"),
    "age.minute.one": Text("1 minute", "1 dakika"),
    "age.minute.many": Text("{count} minutes", "{count} dakika"),
    "age.hour.one": Text("1 hour", "1 saat"),
    "age.hour.many": Text("{count} hours", "{count} saat"),
    "age.day.one": Text("1 day", "1 gün"),
    "age.day.many": Text("{count} days", "{count} gün"),
    "age.month.one": Text("1 month", "1 ay"),
    "age.month.many": Text("{count} months", "{count} ay"),
    "age.year.one": Text("1 year", "1 yıl"),
    "age.year.many": Text("{count} years", "{count} yıl"),
}
