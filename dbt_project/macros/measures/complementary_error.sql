{#
    erfc(x) for x >= 0, so that erfc(|z| / √2) is the two-sided p value of a standard normal z: the Chebyshev fit of Press et al. (1992,
    Numerical Recipes, erfcc), whose relative error is below 1.2e-7 everywhere. DuckDB has no erf, and a fit with an absolute error
    would decide nothing among thousands of tests.

    deviation: x · tail: 1 / (1 + x / 2)
#}
{% macro complementary_error(deviation, tail) -%}
    {{ tail }} * exp(
                        -{{ deviation }} * {{ deviation }} - 1.26551223 + {{ tail }} * (1.00002368 + {{ tail }} * (0.37409196
                        + {{ tail }} * (0.09678418 + {{ tail }} * (-0.18628806 + {{ tail }} * (0.27886807 + {{ tail }} * (-1.13520398
                        + {{ tail }} * (1.48851587 + {{ tail }} * (-0.82215223 + {{ tail }} * 0.17087277))))))))
                    )
{%- endmacro %}
