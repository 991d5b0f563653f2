using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Cli.Commands;

/// <summary>What a person should look at; by itself, which live leases would not be granted today.</summary>
internal sealed class Review : BrokerCommand
{
    private readonly Option<bool> _wouldChange = new("--would-change") { Description = "List live leases that would not be granted today, and the clause that fails. Nothing ends by looking. Exit code 3 when there are any." };
    private readonly Option<string?> _selector = new("--selector", "-s") { HelpName = "SELECTOR", Description = "Which leases, such as template=orders-read,environment=prod, or @NAME for a saved selector." };

    public Review(Shell shell)
        : base(shell, "review", "Look at who workloads are, at what could be reached, and at what would not be granted today.",
            "credbroker review --would-change", "credbroker review --would-change --selector environment=prod --json")
    {
        Add(_wouldChange);
        Add(_selector);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        if (!parsed.GetValue(_wouldChange)) throw CommandException.Usage("say what to review: --would-change, or one of the commands below review");
        var selector = parsed.GetValue(_selector) is { } text ? await SelectorNames.ReadAsync(broker, text, cancel) : null;
        var found = new List<ChangeView>();
        ChangePage page;
        string? after = null;
        do
        {
            page = await broker.ListChangesAsync(selector, after, cancel);
            found.AddRange(page.Leases);
            after = page.Next;
        }
        while (after is not null);

        Output.Write(Shell, parsed, page with { Leases = found }, ProtocolJson.Default.ChangePage, Table);
        return found.Count == 0 ? ExitCodes.Ok : ExitCodes.Denied;
    }

    private static void Table(Shell shell, ChangePage page)
    {
        var table = new Table("LEASE", "TEMPLATE", "ENVIRONMENT", "WORKLOAD", "ENDS", "CLAUSE", "WHY");
        foreach (var one in page.Leases) table.Add(one.Lease, one.Template, one.Environment, one.Workload, Times.Of(one.EndsAt), one.Clause, one.Detail);
        table.Write(shell);
        shell.Say($"{page.Leases.Count} would not be granted today; {(page.Ends ? "the broker ends them by itself" : "the broker ends none of them by itself")}");
    }
}
