# The shop: `docker run IMAGE serve`, `worker`, `migrate`, or any other command of `commerce`.
FROM python:3.13-slim AS built
WORKDIR /src
RUN python -m venv /shop
COPY requirements/run.txt requirements/
RUN /shop/bin/pip install --no-cache-dir --require-hashes --requirement requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY features features
RUN /shop/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /data commerce
COPY --from=built /shop /shop
ENV PATH=/shop/bin:$PATH PYTHONUNBUFFERED=1
USER commerce
WORKDIR /data
ENTRYPOINT ["commerce"]
CMD ["serve"]
