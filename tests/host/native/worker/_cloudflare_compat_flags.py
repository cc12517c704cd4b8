"""The compatibility flags that the workers SDK looks at."""

python_workflows_implicit_dependencies = True
python_request_headers_preserve_commas = True
