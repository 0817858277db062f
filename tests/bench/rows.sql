create table rows(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500000)
	insert into rows select i, 'row ' || i, i * 1.5 from n;
create index by_name on rows(name);
select count(*), sum(length(name)) from rows where name like 'row 1%';
