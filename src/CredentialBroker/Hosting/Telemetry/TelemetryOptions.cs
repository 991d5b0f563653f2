namespace CredentialBroker.Hosting.Telemetry;

/// <summary>
/// Section <c>Telemetry</c>: where traces, metrics and log lines are sent by OTLP (OpenTelemetry protocol 1.x). Nothing is
/// sent unless an endpoint is named here or in the environment's <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; what is named here wins.
/// </summary>
internal sealed record TelemetryOptions
{
    /// <summary>The collector's base address; for <c>http/protobuf</c>, <c>v1/traces</c>, <c>v1/metrics</c> and <c>v1/logs</c> are put behind it.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary><c>http/protobuf</c> or <c>grpc</c>.</summary>
    public string OtlpProtocol { get; init; } = "http/protobuf";

    /// <summary>File of headers that the collector wants, one <c>name=value</c> on a line, such as an API key.</summary>
    public string? HeadersFile { get; init; }

    /// <summary>The broker's name in what is sent; without it <c>OTEL_SERVICE_NAME</c>, else <c>credbroker</c>.</summary>
    public string? ServiceName { get; init; }

    /// <summary>Share of traces that begin here and are sent, 0 to 1. A caller's own trace is followed as its caller decided.</summary>
    public double TraceRatio { get; init; } = 1;

    /// <summary>How often metrics are sent, 1 second to 1 hour.</summary>
    public TimeSpan MetricInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where it goes; null for nowhere.</summary>
    public Uri? Endpoint => Uri.TryCreate(OtlpEndpoint ?? Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"), UriKind.Absolute, out var uri) ? uri : null;

    /// <summary>The name it is sent under.</summary>
    public string Name => ServiceName ?? (Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } named ? named : "credbroker");

    public IEnumerable<string> Validate()
    {
        if (OtlpEndpoint is not null && Endpoint is not { Scheme: "http" or "https" }) yield return $"Telemetry:OtlpEndpoint: '{OtlpEndpoint}' is no http or https address";
        if (Endpoint is { UserInfo.Length: > 0 }) yield return "Telemetry:OtlpEndpoint: names a password; use HeadersFile";
        if (OtlpProtocol is not ("http/protobuf" or "grpc")) yield return $"Telemetry:OtlpProtocol: '{OtlpProtocol}' is neither http/protobuf nor grpc";
        if (HeadersFile is not null && !File.Exists(HeadersFile)) yield return $"Telemetry:HeadersFile: no file at '{HeadersFile}'";
        if (TraceRatio is not (>= 0 and <= 1)) yield return "Telemetry:TraceRatio: outside 0 to 1";
        if (MetricInterval < TimeSpan.FromSeconds(1) || MetricInterval > TimeSpan.FromHours(1)) yield return "Telemetry:MetricInterval: outside 00:00:01 to 01:00:00";
    }
}
