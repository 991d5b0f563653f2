using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Clusters;

namespace CredentialBroker.Cli.Commands;

/// <summary>A look at one cluster, or at all.</summary>
internal sealed class ClusterCheck : BrokerCommand
{
    private readonly Argument<string?> _name = new("name") { Description = "The cluster; all of them without it.", Arity = ArgumentArity.ZeroOrOne };

    public ClusterCheck(Shell shell)
        : base(shell, "check", "Look at clusters: reached, allowed what is needed and no more, trusted by their own keys, asking the broker as they should. Ends with 1 where anything is not so.", "credbroker cluster check", "credbroker cluster check prod-eu --json") => Add(_name);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var names = parsed.GetValue(_name) is { } one ? [one] : (await broker.ListClustersAsync(cancel)).Clusters;
        var reports = new List<ClusterReport>();
        foreach (var name in names) reports.Add(await broker.CheckClusterAsync(name, cancel));
        Output.Write(Shell, parsed, new ClusterReports(reports), ProtocolJson.Default.ClusterReports, (shell, all) =>
        {
            var table = new Table("CLUSTER", "AREA", "OK", "DETAIL");
            foreach (var report in all.Clusters)
            {
                foreach (var point in report.Points) table.Add(report.Cluster, point.Area, point.Ok ? "yes" : "no", point.Detail);
            }

            table.Write(shell);
        });
        return reports.TrueForAll(report => report.Ok) ? ExitCodes.Ok : ExitCodes.Fault;
    }
}
