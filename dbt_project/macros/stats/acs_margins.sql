{#
Margins of error of the American Community Survey, which are published at 90 %. Here: the Census Bureau's approximations for
derived estimates (U.S. Census Bureau 2018, Understanding and Using ACS Data, ch. 8). Not here: how a margin enters a rate's
interval (the models do that). Census annotation codes (-555555555, -666666666 ...) are negative, so the guards refuse them
instead of squaring them.
#}

{% macro stats_moe_to_se(database) %}
create or replace macro {{ database }}.stats.moe_to_se(moe) as
    list_transform([{'moe': moe::double}], lambda s: case
        when s['moe'] is null then null
        {{- stats_refuse_negative('moe_to_se', ['moe']) }}
        else s['moe'] / 1.645e0
    end)[1];
comment on macro {{ database }}.stats.moe_to_se is
    'Standard error from an ACS margin of error (90 %): moe / 1.645';
{% endmacro %}

{# Of several estimates of zero the Bureau counts the largest margin once. That needs the estimates, so the caller does it. #}
{% macro stats_moe_sum(database) %}
create or replace macro {{ database }}.stats.moe_sum(moes) as
    list_transform([{'moes': moes::double[]}], lambda s: case
        {{ stats_check_lists('moe_sum', ['moes']) }}
        else sqrt(list_dot_product(s['moes'], s['moes']))
    end)[1];
comment on macro {{ database }}.stats.moe_sum is
    'ACS margin of error of a sum: sqrt of the summed squares; of several zero estimates pass the margin once';
{% endmacro %}

{# A radicand of exactly 0 takes the ratio form as well: it comes from a share of 100 % or near it, and a margin of 0 would claim
   that a sampled share is known for certain. #}
{% macro stats_moe_proportion(database) %}
create or replace macro {{ database }}.stats.moe_proportion(x, moe_x, y, moe_y) as
    list_transform([{'x': x::double, 'moe_x': moe_x::double, 'y': y::double, 'moe_y': moe_y::double}], lambda s: case
        when s['x'] is null or s['moe_x'] is null or s['y'] is null or s['moe_y'] is null then null
        {{- stats_refuse_negative('moe_proportion', ['x', 'moe_x', 'y', 'moe_y']) }}
        {{ stats_refuse_excess('moe_proportion', 'x', 'y') }}
        when s['y'] = 0 then null
        else list_transform([{'mx': s['moe_x'] * s['moe_x'], 'my': pow(s['x'] / s['y'] * s['moe_y'], 2)}], lambda r:
            sqrt(case when r['mx'] > r['my'] then r['mx'] - r['my'] else r['mx'] + r['my'] end) / s['y']
        )[1]
    end)[1];
comment on macro {{ database }}.stats.moe_proportion is
    'ACS margin of error of the share x/y, x a part of y; the ratio form (+) when the radicand is not above 0';
{% endmacro %}

{% macro stats_moe_product(database) %}
create or replace macro {{ database }}.stats.moe_product(a, moe_a, b, moe_b) as
    list_transform([{'a': a::double, 'moe_a': moe_a::double, 'b': b::double, 'moe_b': moe_b::double}], lambda s: case
        when s['a'] is null or s['moe_a'] is null or s['b'] is null or s['moe_b'] is null then null
        {{- stats_refuse_negative('moe_product', ['a', 'moe_a', 'b', 'moe_b']) }}
        else sqrt(pow(s['a'] * s['moe_b'], 2) + pow(s['b'] * s['moe_a'], 2))
    end)[1];
comment on macro {{ database }}.stats.moe_product is
    'ACS margin of error of the product a x b: sqrt(a^2 moe_b^2 + b^2 moe_a^2)';
{% endmacro %}
