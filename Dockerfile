# The broker, its command line and the sidecar, on the runtime alone. Build from the root of the repository:
#   docker build -t credentialbroker .
# Other images, such as a mirror's, by --build-arg SDK=... and --build-arg RUNTIME=...
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK} AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/CredentialBroker -c Release -o /app/broker
RUN dotnet publish src/CredentialBroker.Cli -c Release -o /app/cli
RUN dotnet publish src/CredentialBroker.Sidecar -c Release -o /app/sidecar

FROM ${RUNTIME}
COPY --from=build /app /app
RUN ln -s /app/cli/credbroker /usr/local/bin/credbroker \
    && install -d -o 1654 -g 1654 -m 0700 /var/lib/credbroker
ENV DOTNET_EnableDiagnostics=0
WORKDIR /var/lib/credbroker
VOLUME /var/lib/credbroker
# The user that the runtime's images bring.
USER 1654:1654
ENTRYPOINT ["/app/broker/CredentialBroker"]
CMD ["serve", "--config", "/etc/credbroker/appsettings.json"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["/app/broker/CredentialBroker", "probe", "--config", "/etc/credbroker/appsettings.json"]
