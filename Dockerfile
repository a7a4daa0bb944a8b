# A bundle as a service, with nothing of what makes a student: docs/deploy.md.
#
# docker build -t cdkd-serve . && docker run -p 127.0.0.1:8000:8000 -v "$PWD/models/topic:/bundle:ro" cdkd-serve
FROM python:3.11-slim

WORKDIR /app
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --constraint constraints.txt \
    fastapi httptools numpy onnxruntime prometheus-client pydantic rich safetensors tokenizers typer uvicorn uvloop
COPY cdkd_kg cdkd_kg
COPY benchmarks benchmarks
COPY data/manifest.json data/manifest.json
COPY graphs/relations.ttl graphs/shapes.ttl graphs/
RUN pip install --no-cache-dir --no-deps . && useradd --system --no-create-home service

USER service
EXPOSE 8000
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"
ENTRYPOINT ["cdkd", "serve", "/bundle", "--host", "0.0.0.0", "--port", "8000"]
