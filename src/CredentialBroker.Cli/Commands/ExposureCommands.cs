using System.CommandLine;
using System.Globalization;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;

namespace CredentialBroker.Cli.Commands;

/// <summary>Reports a credential that was found where it must not be. The secret comes from a file or stdin, never from the command line.</summary>
internal sealed class ExposureReport : BrokerCommand
{
    private readonly Argument<string?> _file = new("FILE") { Description = "File with what was found, or - for stdin: a token, a credential, or the text they stand in.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _lease = new("--lease") { HelpName = "ID", Description = "The lease whose credential it is, instead of the secret." };
    private readonly Option<string?> _selector = new("--selector") { HelpName = "SELECTOR", Description = "The leases whose credentials they are, instead of the secret." };
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why it is reported; recorded.", Required = true };
    private readonly Option<string?> _foundIn = new("--found-in") { HelpName = "PLACE", Description = "Where it was found; recorded." };

    public ExposureReport(Shell shell)
        : base(shell, "report", "Report an exposed credential; its leases are revoked at once. Exit code 1 when it is of no lease that is known.",
            "credbroker exposure report build.log --reason INC-77 --found-in \"build 4711\"", "xclip -o | credbroker exposure report - --reason INC-77", "credbroker exposure report --lease 06bq2wz7v1e8k3m5n9p0r4s6t8 --reason INC-77")
    {
        Add(_file);
        Add(_lease);
        Add(_selector);
        Add(_reason);
        Add(_foundIn);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var (file, lease, selector) = (parsed.GetValue(_file), parsed.GetValue(_lease), parsed.GetValue(_selector));
        if (new[] { file, lease, selector }.Count(way => way is not null) != 1) throw CommandException.Usage("say what was exposed: a FILE with it, --lease, or --selector");
        var request = new ExposureRequest(parsed.GetRequiredValue(_reason), parsed.GetValue(_foundIn)) { Lease = lease, Selector = selector, Secret = file is null ? null : await Input.ReadAsync(file, Shell, cancel) };
        var exposure = await broker.ReportExposureAsync(request, cancel);
        Output.Write(Shell, parsed, exposure, ProtocolJson.Default.ExposureView, ExposureText.Write);
        if (!exposure.Known) Shell.Say("no lease that is known is of it: it was recorded, and nothing was revoked");
        return exposure.Known ? ExitCodes.Ok : ExitCodes.Fault;
    }
}

/// <summary>One report, and whether what it tells of is dead.</summary>
internal sealed class ExposureShow : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The exposure.");

    public ExposureShow(Shell shell)
        : base(shell, "show", "Show a report of an exposed credential. Exit code 5 while what it tells of is not dead.", "credbroker exposure show 06bq2wz7v1e8k3m5n9p0r4s6t8") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var exposure = await broker.GetExposureAsync(parsed.GetRequiredValue(_id), cancel);
        Output.Write(Shell, parsed, exposure, ProtocolJson.Default.ExposureView, ExposureText.Write);
        return exposure is { Known: true, DeadAt: null } ? ExitCodes.NotAllDead : ExitCodes.Ok;
    }
}

/// <summary>Reports, newest first.</summary>
internal sealed class ExposureListing(Shell shell) : BrokerCommand(shell, "list", "List reports of exposed credentials, newest first, and how long ending them took.", "credbroker exposure list")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListExposuresAsync(cancel), ProtocolJson.Default.ExposureList, (to, list) =>
        {
            var table = new Table("EXPOSURE", "REPORTED", "LEASES", "DEAD AFTER", "FOUND IN", "REASON");
            foreach (var one in list.Exposures) table.Add(one.Id, Times.Of(one.ReportedAt), one.Known ? $"{one.Leases}" : "not known", ExposureText.After(one), one.FoundIn, one.Reason);
            table.Write(to);
            if (list.MeanMs is { } mean) to.Say($"dead after {ExposureText.Seconds(mean)} on average");
        });
        return ExitCodes.Ok;
    }
}

/// <summary>What sources outside saw.</summary>
internal sealed class AlarmListing(Shell shell) : BrokerCommand(shell, "alarms", "List what sources outside saw and what was done about it, newest first.", "credbroker alarms", "credbroker alarms --json")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListAlarmsAsync(cancel), ProtocolJson.Default.AlarmList, (to, list) =>
        {
            var table = new Table("RECEIVED", "SOURCE", "TYPE", "LEASES", "DONE", "ABOUT");
            foreach (var one in list.Alarms) table.Add(Times.Of(one.ReceivedAt), one.Source, one.Type, $"{one.Leases}", one.Acts.Count == 0 ? "told" : string.Join(", ", one.Acts), one.Selector ?? "nothing that is known here");
            table.Write(to);
        });
        return ExitCodes.Ok;
    }
}

/// <summary>A report in words.</summary>
internal static class ExposureText
{
    public static void Write(Shell shell, ExposureView one) => Details.Write(shell,
        ("exposure", one.Id), ("named by", one.How), ("leases", one.Known ? $"{one.Leases}" : "not known"), ("selector", one.Selector), ("found in", one.FoundIn), ("reason", one.Reason), ("reported", Times.Of(one.ReportedAt)), ("by", one.ReportedBy),
        ("revocation", one.Revocation), ("dead after", After(one)));

    public static string? After(ExposureView one) => one.DeadAfterMs is { } ms ? Seconds(ms) : null;

    public static string Seconds(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s");
}
