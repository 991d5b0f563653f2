using System.Diagnostics.Metrics;
using CredentialBroker.Storage;

namespace CredentialBroker.Alarms;

/// <summary>Each second: notes which of what was exposed is dead by now, and tells of what takes too long. Guards let one replica write.</summary>
internal sealed class ExposureJob(ExposureDesk desk, AlarmOptions options, AlarmLog log) : LocalJob(log.NotFollowed)
{
    public override Task RunAsync(CancellationToken cancel) => desk.FollowAsync(options.DeadWithin, cancel);
}

/// <summary>What was exposed, and for how long it was of use afterwards.</summary>
internal sealed class ExposureMetrics
{
    private readonly Counter<long> _reported;
    private readonly Counter<long> _overdue;
    private readonly Histogram<double> _dead;
    private readonly AlarmLog _log;

    public ExposureMetrics(IMeterFactory factory, AlarmLog log)
    {
        var meter = factory.Create("CredentialBroker.Exposures");
        _reported = meter.CreateCounter<long>("credbroker.exposures", "{report}", "Reports of exposed credentials, by `how` they name them and whether a lease is `known`.");
        _overdue = meter.CreateCounter<long>("credbroker.exposures.overdue", "{report}", "Reports of what was not dead in time.");
        _dead = meter.CreateHistogram<double>("credbroker.exposures.time_to_dead", "s", "From the report of an exposed credential until its last lease was ended.");
        _log = log;
    }

    public void Reported(string how, bool known) => _reported.Add(1, new("how", how), new("known", known ? "yes" : "no"));

    public void Dead(long milliseconds) => _dead.Record(milliseconds / 1000.0);

    public void Overdue(string id)
    {
        _overdue.Add(1);
        _log.Overdue(id);
    }
}

internal sealed partial class AlarmLog(ILogger<AlarmLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "What exposure {Id} tells of is not dead in time: docs/runbooks/exposed-credential.md")]
    public partial void Overdue(string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Following exposures failed; the next try is in a second")]
    public partial void NotFollowed(Exception error);
}
