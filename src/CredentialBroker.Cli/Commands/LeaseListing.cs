using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Commands;

/// <summary>What is outstanding, page after page until the limit.</summary>
internal sealed class LeaseListing : BrokerCommand
{
    private const int Page = 500;

    private readonly Option<string?> _selector = new("--selector", "-s") { HelpName = "SELECTOR", Description = "Which leases, such as template=orders-read,environment=prod, or @NAME for a saved selector." };
    private readonly Option<bool> _ended = new("--ended") { Description = "Also leases that are over." };
    private readonly Option<int> _limit = new("--limit", "-n") { HelpName = "N", Description = "Most to show; 1000 unless told.", DefaultValueFactory = _ => 1000 };

    public LeaseListing(Shell shell)
        : base(shell, "list", "List leases, newest first.",
            "credbroker lease list --selector 'template=orders-read,environment=prod'",
            "credbroker lease list -s 'workload=k8s://prod-eu/shop/*' --ended --json")
    {
        _limit.MustBeAtLeastOne();
        Add(_selector);
        Add(_ended);
        Add(_limit);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var selector = parsed.GetValue(_selector) is { } text ? await SelectorNames.ReadAsync(broker, text, cancel) : null;
        var limit = parsed.GetValue(_limit);
        var found = new List<LeaseView>();
        string? next = null;
        do
        {
            var page = await broker.ListLeasesAsync(selector, parsed.GetValue(_ended), next, Math.Min(Page, limit - found.Count), cancel);
            found.AddRange(page.Leases);
            if (page.Leases.Count == 0 && page.Next is not null) throw CommandException.Fault("the broker answered an empty page that is not the last");
            next = page.Next;
        }
        while (next is not null && found.Count < limit);

        Output.Write(Shell, parsed, new LeasePage(found, next), ProtocolJson.Default.LeasePage, (shell, page) => LeaseText.Table(shell, page.Leases));
        if (next is not null) Shell.Say($"there may be more than these {found.Count}; raise --limit or narrow --selector");
        return ExitCodes.Ok;
    }
}
