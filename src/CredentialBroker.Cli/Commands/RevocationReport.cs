using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>What a bulk revocation did, as a page to hand on.</summary>
internal sealed class RevocationReport : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The revocation.");

    public RevocationReport(Shell shell)
        : base(shell, "report", "Print what a bulk revocation did, as Markdown, or with --json: timeline, time to dead, what remains until when, uses after the end.",
            "credbroker revocation report 06bq2wz7v1e8k3m5n9p0r4s6t8 > report.md", "credbroker revocation report 06bq2wz7v1e8k3m5n9p0r4s6t8 --json") => Add(_id);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var id = parsed.GetRequiredValue(_id);
        if (parsed.GetValue(Output.Json))
        {
            Output.Write(Shell, parsed, await broker.ReportRevocationAsync(id, cancel), ProtocolJson.Default.IncidentReport, (_, _) => { });
            return ExitCodes.Ok;
        }

        var page = await broker.ReadRevocationReportAsync(id, cancel);
        return await Shell.RawAsync(async to =>
        {
            await to.WriteAsync(page, cancel);
            return ExitCodes.Ok;
        });
    }
}
