using System.Diagnostics.Metrics;
using CredentialBroker.Storage;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CredentialBroker.Hosting.Telemetry;

/// <summary>
/// Sends traces, metrics and log lines to a collector. Only the broker's own source of spans and its own meters: those of
/// the libraries below carry statement texts and addresses. A collector that is away costs nothing but what it misses.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    public OtlpExport(TelemetryOptions options, IMeterFactory meters)
    {
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource(options))
            .AddSource(Spans.Source)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)))
            .AddOtlpExporter(to => Send(to, options, "v1/traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource(options))
            .AddMeter("CredentialBroker*")
            .AddView(instrument => PrometheusText.IsOf(instrument, meters) ? null : MetricStreamConfiguration.Drop)
            .AddOtlpExporter((to, reader) =>
            {
                Send(to, options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.MetricInterval.TotalMilliseconds;
            })
            .Build();
    }

    /// <summary>Adds what is sent, where an endpoint is named.</summary>
    public static void AddTo(WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.Endpoint is null) return;
        builder.Services.AddSingleton(provider => new OtlpExport(options, provider.GetRequiredService<IMeterFactory>()));
        // Scopes hold the request's path, and with it whatever a caller put there.
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeScopes = false;
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(Resource(options)).AddOtlpExporter(to => Send(to, options, "v1/logs"));
        });
    }

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static ResourceBuilder Resource(TelemetryOptions options) => ResourceBuilder.CreateEmpty()
        .AddEnvironmentVariableDetector()
        .AddService(options.Name, serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3));

    private static void Send(OtlpExporterOptions to, TelemetryOptions options, string path)
    {
        var binary = options.OtlpProtocol == "http/protobuf";
        to.Protocol = binary ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        to.Endpoint = binary ? new Uri($"{options.Endpoint!.ToString().TrimEnd('/')}/{path}") : options.Endpoint!;
        if (options.HeadersFile is { } file) to.Headers = string.Join(',', File.ReadLines(file).Where(line => line.Contains('=', StringComparison.Ordinal)));
    }
}
