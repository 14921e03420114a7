-- 三种原创口径并列 / Originality by three definitions.
select unit_name, original_count, original_by_link_count, original_by_text_count from published.unit_activity where ranking_month = '2021-08' order by unit_id;
