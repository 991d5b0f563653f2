using System.Diagnostics.Metrics;

namespace CredentialBroker.Exceptions;

/// <summary>What was bent, counted.</summary>
internal sealed class ExceptionMetrics
{
    private readonly Counter<long> _breakGlass;
    private readonly Counter<long> _ended;

    public ExceptionMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("CredentialBroker.Exceptions");
        _breakGlass = meter.CreateCounter<long>("credbroker.breakglass", "{event}", "Break-glass, by `event`: opened, ended, reviewed, review_overdue.");
        _ended = meter.CreateCounter<long>("credbroker.exceptions.over", "{record}", "Exceptions and risk acceptances whose window was over.");
    }

    public void BreakGlass(string what) => _breakGlass.Add(1, new KeyValuePair<string, object?>("event", what));

    public void Over() => _ended.Add(1);
}

internal sealed partial class ExceptionLog(ILogger<ExceptionLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Break-glass {Id} was opened by {By} for template {Template}; another person must review it")]
    public partial void Opened(string id, string by, string template);

    [LoggerMessage(Level = LogLevel.Error, Message = "Break-glass {Id} of {By} was not reviewed in time; template {Template} is locked for break-glass until it is")]
    public partial void Unreviewed(string id, string by, string template);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for exceptions that are over failed; what they rest on looks at their windows itself")]
    public partial void SweepFailed(Exception error);
}
