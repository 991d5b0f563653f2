using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;

namespace CredentialBroker.Cli.Commands;

/// <summary>The evidence bundle of a lease: approval, attestation, decision, every event, each proven.</summary>
internal sealed class LeaseEvidence : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly Argument<string> _id = Checks.Id("The lease.");

    public LeaseEvidence(Shell shell)
        : base(shell, "evidence", "Print what the broker can prove about one lease, to be verified by `audit verify-bundle`.", "credbroker lease evidence 06bq2wz7v1e8k3m5n9p0r4s6t8 > bundle.json")
    {
        Add(_id);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        var bundle = await connection.Broker.GetLeaseEvidenceAsync(parsed.GetRequiredValue(_id), cancel);
        return await Shell.RawAsync(async to =>
        {
            await to.WriteAsync(bundle, cancel);
            return ExitCodes.Ok;
        });
    }
}

/// <summary>The evidence bundle of a period.</summary>
internal sealed class AuditEvidence : CliCommand
{
    private readonly ConnectionOptions _connection = new();
    private readonly Option<string> _since = new("--since") { HelpName = "TIME", Description = "Beginning, such as 2030-01-31T12:00:00Z.", Required = true };
    private readonly Option<string> _until = new("--until") { HelpName = "TIME", Description = "End, not included.", Required = true };

    public AuditEvidence(Shell shell)
        : base(shell, "evidence", "Print what the broker can prove about a period, to be verified by `audit verify-bundle`.",
            "credbroker audit evidence --since 2030-01-31T12:00:00Z --until 2030-01-31T12:05:00Z > bundle.json")
    {
        Add(_since);
        Add(_until);
        Share(_connection.All);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (since, until) = (Time(parsed.GetRequiredValue(_since)), Time(parsed.GetRequiredValue(_until)));
        using var connection = await _connection.OpenAsync(parsed, Shell, cancel);
        var bundle = await connection.Broker.GetPeriodEvidenceAsync(since, until, cancel);
        return await Shell.RawAsync(async to =>
        {
            await to.WriteAsync(bundle, cancel);
            return ExitCodes.Ok;
        });
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw CommandException.Usage($"'{text}' is no time such as 2030-01-31T12:00:00Z");
}
