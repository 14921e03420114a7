{#- A text with small letters for capital ones, character by character (Unicode 14): Java, of Unicode 13 with Spark's own case
    mappings off (profiles.yml), minds what follows a sigma and gives İ a dot of its own. -#}
{% macro lowered(text) %}{{ return(adapter.dispatch('lowered', 'bangdan')(text)) }}{% endmacro %}
{% macro default__lowered(text) %}lower({{ text }}){% endmacro %}
{% macro spark__lowered(text) %}lower(translate({{ text }}, 'ΣİⰯꟀꟐꟖꟘ𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼𐕽𐕾𐕿𐖀𐖁𐖂𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎𐖏𐖐𐖑𐖒𐖔𐖕', 'σiⱟꟁꟑꟗꟙ𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣𐖤𐖥𐖦𐖧𐖨𐖩𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵𐖶𐖷𐖸𐖹𐖻𐖼')){% endmacro %}
