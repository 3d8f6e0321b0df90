{% test is_round(model, column_name) %}
select * from {{ model }} where {{ column_name }} <> round({{ column_name }})
{% endtest %}
