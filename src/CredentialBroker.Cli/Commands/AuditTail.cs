using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Commands;

/// <summary>The newest records, and those that follow. Following asks again with a time a little back, since replicas commit side by side.</summary>
internal sealed class AuditTail : BrokerCommand
{
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    private readonly Option<int> _count = new("--count", "-n") { HelpName = "N", Description = "How many of the newest; 20 unless told.", DefaultValueFactory = _ => 20 };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with new records until interrupted." };
    private readonly Option<string?> _interval = new("--interval") { HelpName = "DURATION", Description = "How often --follow asks; 2s unless told." };
    private readonly Option<string?> _stream = new("--stream") { HelpName = "NAME", Description = "Only of this stream: issuance, use, access or control." };
    private readonly Option<string?> _type = new("--type") { HelpName = "TYPE", Description = "Only of this type, such as credential.issued." };
    private readonly Option<string?> _lease = new("--lease") { HelpName = "ID", Description = "Only about this lease." };

    public AuditTail(Shell shell)
        : base(shell, "tail", "Show the newest audit records, a line each; with --json one JSON object to a line.",
            "credbroker audit tail -n 50 --stream control",
            "credbroker audit tail --follow --lease 06bq2wz7v1e8k3m5n9p0r4s6t8")
    {
        _count.MustBeAtLeastOne();
        _interval.MustBeDuration();
        foreach (Option option in (Option[])[_count, _follow, _interval, _stream, _type, _lease]) Add(option);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var filter = new AuditFilter(parsed.GetValue(_stream), parsed.GetValue(_type), parsed.GetValue(_lease), Tail: parsed.GetValue(_count));
        var began = Shell.Clock.GetUtcNow();
        var seen = new Dictionary<(long, long), DateTimeOffset>();
        await ShowAsync(broker, filter, parsed, seen, cancel);
        if (!parsed.GetValue(_follow)) return ExitCodes.Ok;
        var interval = Durations.Parse(parsed.GetValue(_interval) ?? "2s");
        var known = seen.Count > 0 ? seen.Values.Max() : began;
        // What is older than the newest records shown first was left out on purpose.
        var floor = seen.Count > 0 ? seen.Values.Min() : began;
        while (true)
        {
            await Task.Delay(interval, Shell.Clock, cancel);
            var since = known - Overlap < floor ? floor : known - Overlap;
            await ShowAsync(broker, filter with { Tail = null, Since = since }, parsed, seen, cancel);
            if (seen.Count > 0 && seen.Values.Max() is var newest && newest > known) known = newest;
            foreach (var old in seen.Where(s => s.Value < since).Select(s => s.Key).ToList()) seen.Remove(old);
        }
    }

    private async Task ShowAsync(BrokerClient broker, AuditFilter filter, ParseResult parsed, Dictionary<(long, long), DateTimeOffset> seen, CancellationToken cancel)
    {
        await foreach (var line in broker.ReadAuditAsync(filter, cancel))
        {
            if (!seen.TryAdd((line.Chain, line.Seq), AuditText.TimeOf(line))) continue;
            if (parsed.GetValue(Output.Json)) JsonOut.WriteLine(Shell, line, ProtocolJson.Default.AuditLine);
            else Shell.Out.WriteLine(Table.Cut(AuditText.Line(line), Shell.Width));
        }

        await Shell.Out.FlushAsync(cancel);
    }
}
