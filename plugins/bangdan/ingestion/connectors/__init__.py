"""Formats that a mapping alone cannot describe: feeds, and JSON whose objects hold several records."""

from bangdan.ingestion.connectors import datacube, feeds, weibo_crawler_json

# Steps that turn one JSON object into the records it holds; a mapping names one as `expand`.
EXPANSIONS = {
    "datacube_article_total": datacube.article_total,
    "json_feed": feeds.json_feed,
    "weibo_crawler": weibo_crawler_json.posts,
}
