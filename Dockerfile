# translate_proxy in one image. Every step is a target or script that `make test` runs, too.
#
#   docker build -t translate-proxy .
#   docker run -p 127.0.0.1:8000:8000 -v chat:/data -v ./my.toml:/my.toml:ro \
#       translate-proxy serve --config /my.toml

FROM node:20 AS pages
WORKDIR /app
COPY Makefile ./
COPY widget_js widget_js
COPY console_js console_js
RUN make front-ends

FROM python:3.11-slim
WORKDIR /app
COPY . .
COPY --from=pages /app/translate_proxy/static translate_proxy/static
RUN scripts/install-python run
RUN useradd --system --uid 10001 chat && install -d -o chat -m 700 /data
USER chat
ENV TRANSLATE_PROXY_HOST=0.0.0.0 TRANSLATE_PROXY_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD [".venv/bin/python", "scripts/healthy.py"]
ENTRYPOINT ["/app/.venv/bin/translate-proxy"]
CMD ["serve"]
