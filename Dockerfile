# A server for a trained student, built from the checkout (docs/how-to/serve.md):
#   docker build -t evokd .
#   docker run --rm -e EVOKD_SERVE_TOKEN -p 127.0.0.1:8080:8080 --stop-timeout 60 \
#     -v "$PWD/runs/first/student:/student:ro" evokd
FROM python:3.11-slim-bookworm AS build
# PyTorch without CUDA; for a GPU name another index
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/evokd
WORKDIR /src
COPY constraints.txt ./
# first, so that nothing else picks another build of it
RUN /opt/evokd/bin/pip install --index-url "$TORCH_INDEX" -c constraints.txt torch==2.13.0
COPY pyproject.toml README.md LICENSE ./
COPY agents ./agents
COPY evokd ./evokd
COPY graph ./graph
COPY prompts ./prompts
COPY student ./student
RUN /opt/evokd/bin/pip install -c constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home evokd
COPY --from=build /opt/evokd /opt/evokd
ENV PATH=/opt/evokd/bin:$PATH HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
WORKDIR /home/evokd
USER 10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["evokd", "serve"]
CMD ["/student", "--host", "0.0.0.0", "--port", "8080"]
