-- What an option is, whatever its wording: a JSON string or number, no two alike in a question. By default it is
-- the text that the option had when it was first stored.
alter table answer add column value jsonb;
update answer set value = to_jsonb(answer.text)
  from (select id, row_number() over (partition by question_id, text order by position) as n from answer) counted
  where counted.id = answer.id and counted.n = 1;
-- Further options of the same text are "Text (2)" and so on, as exports named them.
do $$
declare
  repeated record;
  numbered jsonb;
  n integer;
begin
  for repeated in select id, question_id, text from answer where value is null order by question_id, position loop
    n := 2;
    loop
      numbered := to_jsonb(repeated.text || ' (' || n || ')');
      exit when not exists (select from answer where question_id = repeated.question_id and value = numbered);
      n := n + 1;
    end loop;
    update answer set value = numbered where id = repeated.id;
  end loop;
end $$;
alter table answer alter column value set not null;

-- What was typed, as a JSON number or an ISO 8601 date or time: which notations there are is a setting that may
-- change, so it is decided when the answer is stored. Null where the text is the value (type text), or where
-- the options are, whose values are theirs.
alter table survey_item add column value jsonb;
-- Answers from before: numbers of a usual size, and dates in ISO 8601 or the notations that are set by default.
-- What is typed otherwise stays null, and is shown as it was typed.
with typed as (
  select i.id, q.type, btrim(i.text, E' \t\r\n') as text
  from survey_item i join question q on q.id = i.question_id
  where q.type in ('int', 'float', 'range', 'date', 'time', 'datetime')),
parts as (
  select id, type, text,
    regexp_match(text, '^(\d\d)/(\d\d)/(\d{4})(?: |$)') as day,
    regexp_match(text, '(?:^| )(\d{1,2}):(\d\d) ([AaPp])\.?[Mm]\.?$') as hour,
    regexp_replace(regexp_replace(replace(regexp_replace(upper(text), '^(.{10}) ', '\1T'), ',', '.'),
      '([+-]\d\d)$', '\1:00'), '([+-]\d\d)(\d\d)$', '\1:\2') as iso
  from typed),
spelled as (
  select id, type, text, iso, day[3] || '-' || day[1] || '-' || day[2] as day,
    lpad((hour[1]::int % 12 + case when hour[3] in ('P', 'p') then 12 else 0 end)::text, 2, '0') || ':' || hour[2] as hour
  from parts),
canonical as (
  select id, case
    when type in ('int', 'float', 'range') then
      case when text ~ '^[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?$' then to_jsonb(text::float8 + 0) end
    when type = 'date' then
      case when text ~ '^\d{4}-\d\d-\d\d$' then to_jsonb(text) else to_jsonb(day) end
    when type = 'time' then
      case when iso ~ '^\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$' then to_jsonb(iso) else to_jsonb(hour) end
    else
      case when iso ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$' then to_jsonb(iso)
        else to_jsonb(day || 'T' || hour) end
    end as value
  from spelled)
update survey_item set value = canonical.value from canonical
  where canonical.id = survey_item.id and canonical.value is not null;
