"""The URLs of the site: the wizards at the top, the sign-in of staff under /account/, the editors under /admin/."""

from allauth.account import views as account
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as codes
from django.contrib import admin
from django.urls import include, path

from helpdesk import accounts
from helpdesk.accounts import account_page

# Not allauth.urls: there is no sign-up, and no password reset by mail.
account_urls = [
    path("", account_page(second_step.index), name="mfa_index"),
    path("start/", account_page(accounts.start_page), name="account_start"),
    path("login/", account_page(account.login, "POST"), name="account_login"),
    path("login/code/", account_page(second_step.authenticate, "POST"), name="mfa_authenticate"),
    path("logout/", account_page(account.logout, "POST"), name="account_logout"),
    path("confirm/", account_page(account.reauthenticate, "POST"), name="account_reauthenticate"),
    path("confirm/code/", account_page(second_step.reauthenticate, "POST"), name="mfa_reauthenticate"),
    path("password/", account_page(account.password_change, "POST"), name="account_change_password"),
    path("phone/", account_page(accounts.ActivatePhoneView.as_view(), "POST"), name="mfa_activate_totp"),
    path("phone/remove/", account_page(accounts.DeactivatePhoneView.as_view(), "POST"), name="mfa_deactivate_totp"),
    path("codes/", account_page(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("codes/file/", account_page(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("codes/new/", account_page(codes.generate_recovery_codes, "POST"), name="mfa_generate_recovery_codes"),
]

# These come before the admin's own URLs, so that its sign-in is the one above.
admin_sign_in_urls = [
    path("login/", account_page(accounts.admin_login), name="admin_login"),
    path("logout/", account_page(account.logout, "POST"), name="admin_logout"),
    path("password_change/", account_page(accounts.admin_password_change), name="admin_password"),
]

urlpatterns = [
    path("", include("wizards.urls")),  # first, because most requests are customers'
    path("account/", include(account_urls)),
    path("admin/", include(admin_sign_in_urls)),
    path("admin/", admin.site.urls),
]

handler400 = "helpdesk.errors.bad_request"
handler403 = "helpdesk.errors.permission_denied"
handler404 = "helpdesk.errors.page_not_found"
handler429 = "helpdesk.accounts.too_many_attempts"
handler500 = "helpdesk.errors.server_error"
