# goldserve as an image: one static program, nothing else, not root.
#
#   docker build -t goldserve .
#   docker run --rm goldserve --help
#   docker build -t goldserve-full --target full .    # with DuckDB in it, for goldserve build
FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.version=${VERSION}" -o /out/goldserve ./cmd/goldserve \
    && mkdir /out/data

FROM build AS build-full
RUN make full && mv bin/goldserve-full /out/goldserve

FROM gcr.io/distroless/static-debian12:nonroot AS full
COPY --from=build-full /out/goldserve /goldserve
COPY --from=build-full --chown=65532:65532 /out/data /data
ENV XDG_DATA_HOME=/data
VOLUME /data
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/goldserve", "probe"]
ENTRYPOINT ["/goldserve"]

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/goldserve /goldserve
# The data folder of the SQLite store, where none else is named: a volume that the user of this image may write.
COPY --from=build --chown=65532:65532 /out/data /data
ENV XDG_DATA_HOME=/data
VOLUME /data
USER 65532:65532
EXPOSE 8080
# There is no shell and no curl here: the program asks itself. publish and other one-shots switch it off.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/goldserve", "probe"]
ENTRYPOINT ["/goldserve"]
