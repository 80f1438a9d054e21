# `npm run dockerfile` runs these steps where there is no Docker.

FROM node:24-trixie-slim AS build
WORKDIR /workspace
COPY package.json package-lock.json ./
COPY packages/engine/package.json packages/engine/
COPY packages/protocol/package.json packages/protocol/
COPY packages/server/package.json packages/server/
# Without scripts: the image has the Node that one of them would install.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run --silent prepare && npm run --silent pack

# Our packages as they are published, and the others in the versions of the lock file, which the tests ran with.
FROM node:24-trixie-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
COPY --from=build /workspace/.colloquy/stage/ packages/
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-trixie-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /app
COPY --from=install /app/ ./
ENV NODE_ENV=production
ENV PATH=/app/node_modules/.bin:$PATH
# The default is the embedded database, with the secret beside it.
ENV COLLOQUY_DATABASE=/data/database
VOLUME /data
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.COLLOQUY_PORT || 8000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["colloquy", "serve", "--host", "0.0.0.0"]
