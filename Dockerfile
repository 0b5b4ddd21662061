# nucleate on a CPU: docker build -t nucleate . && docker run -v "$PWD/runs:/data/runs" nucleate run quick --out runs/quick
# On a GPU: leave out the index, and run with --gpus all.
FROM python:3.12-slim
RUN useradd --create-home --uid 1000 user
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu torch \
 && pip install --no-cache-dir ".[gguf]" \
 && rm -rf /src
USER user
WORKDIR /data
ENTRYPOINT ["nucleate"]
CMD ["--help"]
