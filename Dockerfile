# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS TARGETARCH VERSION=unknown
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY api api
COPY cmd cmd
COPY config/crd config/crd
COPY controllers controllers
COPY internal internal
# Time zones and SQLite are part of the program (Go), so the image below needs nothing else.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags "-s -w -X github.com/tribune-dev/tribune/internal/cli.version=$VERSION" -o /tribune ./cmd/tribune

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /tribune /usr/local/bin/tribune
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/tribune"]
CMD ["manager"]
