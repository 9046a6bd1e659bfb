"""Addresses of this app."""

from django.urls import path

from dashboard.public_views import app_manifest, offline, service_worker
from dashboard.views.beginning import first_steps, first_steps_show, sample_load, sample_remove
from dashboard.views.briefing import brief
from dashboard.views.bulk import bulk_change, bulk_changes, bulk_new, bulk_undo
from dashboard.views.calendar import calendar_address, calendar_feed
from dashboard.views.check_in import (
    check_in_answers,
    check_in_question,
    check_in_question_new,
    check_in_questions,
)
from dashboard.views.complaint_record import care_rules, complaints
from dashboard.views.complaints import (
    complaint_answer,
    complaint_edit,
    complaint_new,
    complaint_reopen,
    complaint_resolve,
    complaint_unanswer,
    complaint_unresolve,
)
from dashboard.views.consistency import consistency
from dashboard.views.customer_list import customers
from dashboard.views.customer_page import customer, customer_timeline
from dashboard.views.documents import document, document_new, document_remove, document_restore
from dashboard.views.duplicates import alike_apart, alike_together, customer_alike, duplicates
from dashboard.views.exporting import contact_card, customers_export
from dashboard.views.figures import figures_export
from dashboard.views.follow_ups import (
    follow_up_close,
    follow_up_done,
    follow_up_move,
    follow_up_release,
    follow_up_reopen,
)
from dashboard.views.gestures import customer_gestures, log_gestures
from dashboard.views.health import (
    customer_health,
    customer_qualities,
    customer_stage,
    judgement_end,
    judgement_new,
    judgement_restore,
)
from dashboard.views.importing import (
    import_columns,
    import_discard,
    import_new,
    import_page,
    import_refused,
    import_reread,
    import_run,
    import_undo,
    imports,
)
from dashboard.views.inline_edit import contact_field, customer_field
from dashboard.views.kindness import kindness
from dashboard.views.labels import (
    custom_field,
    custom_field_new,
    custom_fields,
    tag,
    tag_delete,
    tags,
)
from dashboard.views.left_behind import left_behind, left_behind_give
from dashboard.views.list_quality import list_quality, list_rules
from dashboard.views.log_afterwards import log_next, log_undo
from dashboard.views.log_delivery import log_deliver
from dashboard.views.logging import log, log_questions
from dashboard.views.losses import (
    customer_lost,
    loss_call_again,
    loss_interview,
    loss_leave,
    loss_reason,
    loss_reopen,
    loss_replay,
    loss_undo,
    losses,
)
from dashboard.views.meetings import apology_new, meeting_edit, meeting_new, meeting_off
from dashboard.views.notices import (
    notice,
    notice_find,
    notice_how,
    notice_new,
    notice_told,
    notice_withdraw,
    notices,
)
from dashboard.views.notifications import (
    alert_rule_switch,
    alert_rules,
    my_alerts,
    notification,
    notification_judge,
    notification_ways,
    notifications,
    notifications_count,
    notifications_seen,
)
from dashboard.views.odds import odds_export, save_odds
from dashboard.views.palette import find, find_notes
from dashboard.views.perks import (
    perk,
    perk_new,
    perk_restore,
    perk_unuse,
    perk_use,
    perk_withdraw,
    perks,
    perks_grant,
    perks_ungrant,
)
from dashboard.views.plan_steps import (
    plan_approve,
    plan_close,
    plan_discard,
    plan_reopen,
    plan_review,
    plan_step_edit,
    plan_step_new,
    plan_step_remove,
    plan_submit,
)
from dashboard.views.plans import plan, plan_edit, plan_new, plan_rules, plans
from dashboard.views.plays import plan_from_play, play, play_delete, play_new, plays, plays_ready
from dashboard.views.portfolio import portfolio
from dashboard.views.portfolio_parts import portfolio_people, portfolio_week
from dashboard.views.promises import promises
from dashboard.views.referrals import referral_credit, referral_new, referral_remove, referrals
from dashboard.views.renewals import expected_orders, renewal, renewal_new, renewals
from dashboard.views.response_times import interaction_answered, interaction_unanswered, response_times
from dashboard.views.retention_figures import retention_export, retention_figures
from dashboard.views.saved_views import saved_view_delete, saved_view_edit, saved_view_new
from dashboard.views.snoozing import customer_snooze, customer_wake
from dashboard.views.survey_figures import survey_figures
from dashboard.views.today import today
from dashboard.views.trash import customer_trash, trash, trash_forget, trash_restore
from dashboard.views.wish_topics import topic_close, topic_reopen, wish_apart, wish_together, wish_topic, wishes
from dashboard.views.wishes import wish_close, wish_new, wish_reopen

urlpatterns = [
    path("", today, name="today"),
    path("log/", log, name="log"),
    path("customers/<int:pk>/questions/", log_questions, name="log_questions"),
    path("log/deliver/", log_deliver, name="log_deliver"),
    path("manifest.webmanifest", app_manifest, name="app_manifest"),
    path("service-worker.js", service_worker, name="service_worker"),
    path("offline/", offline, name="offline"),
    path("interactions/<int:pk>/undo/", log_undo, name="log_undo"),
    path("interactions/<int:pk>/next/", log_next, name="log_next"),
    path("interactions/<int:pk>/apology/", apology_new, name="apology_new"),
    path("customers/<int:pk>/meetings/new/", meeting_new, name="meeting_new"),
    path("meetings/<int:pk>/", meeting_edit, name="meeting_edit"),
    path("meetings/<int:pk>/off/", meeting_off, name="meeting_off"),
    path("interactions/<int:pk>/documents/new/", document_new, name="document_new"),
    path("documents/<int:pk>/", document, name="document"),
    path("documents/<int:pk>/remove/", document_remove, name="document_remove"),
    path("documents/<int:pk>/restore/", document_restore, name="document_restore"),
    path("customers/<int:pk>/", customer, name="customer"),
    path("customers/<int:pk>/fields/<slug:name>/", customer_field, name="customer_field"),
    path("contacts/<int:pk>/fields/<slug:name>/", contact_field, name="contact_field"),
    path("customers/<int:pk>/timeline/", customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/health/", customer_health, name="customer_health"),
    path("customers/<int:pk>/qualities/", customer_qualities, name="customer_qualities"),
    path("customers/<int:pk>/stage/", customer_stage, name="customer_stage"),
    path("customers/<int:pk>/health/judge/", judgement_new, name="judgement_new"),
    path("judgements/<int:pk>/end/", judgement_end, name="judgement_end"),
    path("judgements/<int:pk>/restore/", judgement_restore, name="judgement_restore"),
    path("customers/<int:pk>/complaints/new/", complaint_new, name="complaint_new"),
    path("customers/<int:pk>/snooze/", customer_snooze, name="customer_snooze"),
    path("customers/<int:pk>/wake/", customer_wake, name="customer_wake"),
    path("given/", brief, name="brief"),
    path("answers/", response_times, name="response_times"),
    path("interactions/<int:pk>/answered/", interaction_answered, name="interaction_answered"),
    path("interactions/<int:pk>/unanswered/", interaction_unanswered, name="interaction_unanswered"),
    path("complaints/", complaints, name="complaints"),
    path("complaints/<int:pk>/edit/", complaint_edit, name="complaint_edit"),
    path("complaints/<int:pk>/answer/", complaint_answer, name="complaint_answer"),
    path("complaints/<int:pk>/unanswer/", complaint_unanswer, name="complaint_unanswer"),
    path("complaints/<int:pk>/resolve/", complaint_resolve, name="complaint_resolve"),
    path("complaints/<int:pk>/unresolve/", complaint_unresolve, name="complaint_unresolve"),
    path("complaints/<int:pk>/reopen/", complaint_reopen, name="complaint_reopen"),
    path("settings/questions/", check_in_questions, name="check_in_questions"),
    path("settings/questions/new/", check_in_question_new, name="check_in_question_new"),
    path("settings/questions/<int:pk>/", check_in_question, name="check_in_question"),
    path("questions/<int:pk>/answers/", check_in_answers, name="check_in_answers"),
    path("settings/answering/", care_rules, name="care_rules"),
    path("customers/<int:pk>/wishes/new/", wish_new, name="wish_new"),
    path("wishes/", wishes, name="wishes"),
    path("wishes/<int:pk>/together/", wish_together, name="wish_together"),
    path("wishes/<int:pk>/apart/", wish_apart, name="wish_apart"),
    path("wishes/topics/<int:pk>/", wish_topic, name="wish_topic"),
    path("wishes/topics/<int:pk>/close/", topic_close, name="topic_close"),
    path("wishes/topics/<int:pk>/reopen/", topic_reopen, name="topic_reopen"),
    path("wishes/<int:pk>/close/", wish_close, name="wish_close"),
    path("wishes/<int:pk>/reopen/", wish_reopen, name="wish_reopen"),
    path("messages/notices/", notices, name="notices"),
    path("messages/notices/new/", notice_new, name="notice_new"),
    path("messages/notices/new/find/", notice_find, name="notice_find"),
    path("messages/notices/<int:pk>/", notice, name="notice"),
    path("messages/notices/<int:pk>/withdraw/", notice_withdraw, name="notice_withdraw"),
    path("messages/notices/customers/<int:pk>/how/", notice_how, name="notice_how"),
    path("follow-ups/<int:pk>/told/", notice_told, name="notice_told"),
    path("surveys/<int:pk>/figures/", survey_figures, name="survey_figures"),
    path("follow-ups/<int:pk>/done/", follow_up_done, name="follow_up_done"),
    path("follow-ups/<int:pk>/close/", follow_up_close, name="follow_up_close"),
    path("follow-ups/<int:pk>/reopen/", follow_up_reopen, name="follow_up_reopen"),
    path("follow-ups/<int:pk>/release/", follow_up_release, name="follow_up_release"),
    path("follow-ups/<int:pk>/move/", follow_up_move, name="follow_up_move"),
    path("notifications/", notifications, name="notifications"),
    path("notifications/count/", notifications_count, name="notifications_count"),
    path("notifications/seen/", notifications_seen, name="notifications_seen"),
    path("notifications/<int:pk>/", notification, name="notification"),
    path("notifications/alerts/", my_alerts, name="my_alerts"),
    path("notifications/<int:pk>/judge/", notification_judge, name="notification_judge"),
    path("settings/alerts/", alert_rules, name="alert_rules"),
    path("settings/alerts/<slug:kind>/", alert_rule_switch, name="alert_rule_switch"),
    path("settings/me/notifications/", notification_ways, name="notification_ways"),
    path("find/", find, name="find"),
    path("find/notes/", find_notes, name="find_notes"),
    path("customers/", customers, name="customers"),
    path("customers/duplicates/", duplicates, name="duplicates"),
    path("customers/duplicates/<int:pk>/apart/", alike_apart, name="alike_apart"),
    path("customers/duplicates/<int:pk>/together/", alike_together, name="alike_together"),
    path("customers/alike/", customer_alike, name="customer_alike"),
    path("customers/views/new/", saved_view_new, name="saved_view_new"),
    path("customers/views/<int:pk>/", saved_view_edit, name="saved_view_edit"),
    path("customers/views/<int:pk>/delete/", saved_view_delete, name="saved_view_delete"),
    path("customers/change/", bulk_new, name="bulk_new"),
    path("customers/changes/", bulk_changes, name="bulk_changes"),
    path("customers/changes/<int:pk>/", bulk_change, name="bulk_change"),
    path("customers/changes/<int:pk>/undo/", bulk_undo, name="bulk_undo"),
    path("settings/me/calendar/", calendar_address, name="calendar_address"),
    path("calendar/<str:token>/customers.ics", calendar_feed, name="calendar_feed"),
    path("customers/export.<str:kind>", customers_export, name="customers_export"),
    path("contacts/<int:pk>/card.vcf", contact_card, name="contact_card"),
    path("customers/import/", imports, name="imports"),
    path("customers/import/new/", import_new, name="import_new"),
    path("customers/import/<int:pk>/", import_page, name="import"),
    path("customers/import/<int:pk>/columns/", import_columns, name="import_columns"),
    path("customers/import/<int:pk>/read-again/", import_reread, name="import_reread"),
    path("customers/import/<int:pk>/run/", import_run, name="import_run"),
    path("customers/import/<int:pk>/undo/", import_undo, name="import_undo"),
    path("customers/import/<int:pk>/discard/", import_discard, name="import_discard"),
    path("customers/import/<int:pk>/refused/", import_refused, name="import_refused"),
    path("portfolio/", portfolio, name="portfolio"),
    path("today/kindness/", kindness, name="kindness"),
    path("portfolio/left-behind/", left_behind, name="left_behind"),
    path("portfolio/left-behind/<int:pk>/give/", left_behind_give, name="left_behind_give"),
    path("portfolio/losses/", losses, name="losses"),
    path("promises/", promises, name="promises"),
    path("consistency/", consistency, name="consistency"),
    path("portfolio/list/", list_quality, name="list_quality"),
    path("portfolio/list/<str:until>/", list_quality, name="list_quality_of"),
    path("portfolio/week/", portfolio_week, name="portfolio_week"),
    path("portfolio/people/", portfolio_people, name="portfolio_people"),
    path("portfolio/retention/", retention_figures, name="retention_figures"),
    path("portfolio/retention/<slug:table>.csv", retention_export, name="retention_export"),
    path("portfolio/figures/<slug:table>.csv", figures_export, name="figures_export"),
    path("portfolio/odds/", save_odds, name="save_odds"),
    path("portfolio/odds/<slug:table>.csv", odds_export, name="odds_export"),
    path("settings/list/", list_rules, name="list_rules"),
    path("log/gestures/<int:pk>/", log_gestures, name="log_gestures"),
    path("customers/<int:pk>/gestures/", customer_gestures, name="customer_gestures"),
    path("customers/<int:pk>/perks/new/", perk_new, name="perk_new"),
    path("customers/perks/<int:pk>/", perk, name="perk"),
    path("customers/perks/<int:pk>/use/", perk_use, name="perk_use"),
    path("customers/perks/<int:pk>/unuse/", perk_unuse, name="perk_unuse"),
    path("customers/perks/<int:pk>/withdraw/", perk_withdraw, name="perk_withdraw"),
    path("customers/perks/<int:pk>/restore/", perk_restore, name="perk_restore"),
    path("portfolio/perks/", perks, name="perks"),
    path("portfolio/perks/grant/", perks_grant, name="perks_grant"),
    path("portfolio/perks/ungrant/<uuid:key>/", perks_ungrant, name="perks_ungrant"),
    path("portfolio/referrals/", referrals, name="referrals"),
    path("customers/<int:pk>/referral/<slug:way>/", referral_new, name="referral_new"),
    path("customers/<int:pk>/referral-remove/", referral_remove, name="referral_remove"),
    path("customers/<int:pk>/referral-credit/", referral_credit, name="referral_credit"),
    path("portfolio/renewals/", renewals, name="renewals"),
    path("portfolio/orders/", expected_orders, name="expected_orders"),
    path("customers/<int:pk>/renewals/new/", renewal_new, name="renewal_new"),
    path("customers/renewals/<int:pk>/", renewal, name="renewal"),
    path("portfolio/plans/", plans, name="plans"),
    path("settings/plans/", plan_rules, name="plan_rules"),
    path("settings/plays/", plays, name="plays"),
    path("settings/plays/new/", play_new, name="play_new"),
    path("settings/plays/ready/", plays_ready, name="plays_ready"),
    path("settings/plays/<int:pk>/", play, name="play"),
    path("settings/plays/<int:pk>/delete/", play_delete, name="play_delete"),
    path("customers/<int:pk>/plan/from-play/", plan_from_play, name="plan_from_play"),
    path("customers/<int:pk>/plan/", plan_new, name="plan_new"),
    path("customers/plans/<int:pk>/", plan, name="plan"),
    path("customers/plans/<int:pk>/edit/", plan_edit, name="plan_edit"),
    path("customers/plans/<int:pk>/submit/", plan_submit, name="plan_submit"),
    path("customers/plans/<int:pk>/approve/", plan_approve, name="plan_approve"),
    path("customers/plans/<int:pk>/review/", plan_review, name="plan_review"),
    path("customers/plans/<int:pk>/close/", plan_close, name="plan_close"),
    path("customers/plans/<int:pk>/reopen/", plan_reopen, name="plan_reopen"),
    path("customers/plans/<int:pk>/discard/", plan_discard, name="plan_discard"),
    path("customers/plans/<int:pk>/steps/new/", plan_step_new, name="plan_step_new"),
    path("customers/plans/steps/<int:pk>/", plan_step_edit, name="plan_step_edit"),
    path("customers/plans/steps/<int:pk>/remove/", plan_step_remove, name="plan_step_remove"),
    path("customers/<int:pk>/lost/", customer_lost, name="customer_lost"),
    path("customers/losses/<int:pk>/reason/", loss_reason, name="loss_reason"),
    path("customers/losses/<int:pk>/before/", loss_replay, name="loss_replay"),
    path("customers/losses/<int:pk>/interview/", loss_interview, name="loss_interview"),
    path("customers/losses/<int:pk>/leave/", loss_leave, name="loss_leave"),
    path("customers/losses/<int:pk>/call-again/", loss_call_again, name="loss_call_again"),
    path("customers/losses/<int:pk>/undo/", loss_undo, name="loss_undo"),
    path("customers/losses/<int:pk>/reopen/", loss_reopen, name="loss_reopen"),
    path("settings/first-steps/", first_steps, name="first_steps"),
    path("settings/first-steps/show/", first_steps_show, name="first_steps_show"),
    path("settings/sample/load/", sample_load, name="sample_load"),
    path("settings/sample/remove/", sample_remove, name="sample_remove"),
    path("customers/<int:pk>/delete/", customer_trash, name="customer_trash"),
    path("settings/trash/", trash, name="trash"),
    path("settings/trash/<int:pk>/restore/", trash_restore, name="trash_restore"),
    path("settings/trash/<int:pk>/forget/", trash_forget, name="trash_forget"),
    path("settings/tags/", tags, name="tags"),
    path("settings/tags/<int:pk>/", tag, name="tag"),
    path("settings/tags/<int:pk>/delete/", tag_delete, name="tag_delete"),
    path("settings/fields/", custom_fields, name="custom_fields"),
    path("settings/fields/new/", custom_field_new, name="custom_field_new"),
    path("settings/fields/<int:pk>/", custom_field, name="custom_field"),
]
