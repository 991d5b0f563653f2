using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Cli.Commands;

/// <summary>Reviews the effective identities in manifests, such as in a build pipeline before they are applied.</summary>
internal sealed class ReviewIdentity : BrokerCommand
{
    private readonly Option<string[]> _files = new("--file", "-f") { HelpName = "FILE", Description = "Manifests in YAML or JSON; - reads stdin. Secrets without what is in them.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _cluster = new("--cluster") { HelpName = "NAME", Description = "The cluster they are of, as its trust source is named.", Required = true };
    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the review, for a person to accept and to tell drift by. Without it nothing is kept." };
    private readonly Option<bool> _strict = new("--strict") { Description = "What cannot be told from the manifests is not good enough." };

    public ReviewIdentity(Shell shell)
        : base(shell, "identity", "Review who workloads are at run time, what is put into them, what they inherit, and whether all of it is bounded. Exit code 3 when a check fails.",
            "credbroker review identity --cluster prod-eu -f deploy.yaml rbac.yaml", "kubectl kustomize . | credbroker review identity --cluster prod-eu -f - --strict", "credbroker review identity --cluster prod-eu -f live.yaml --keep --json")
    {
        Add(_files);
        Add(_cluster);
        Add(_keep);
        Add(_strict);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var names = parsed.GetRequiredValue(_files);
        if (names.Count(name => name == "-") > 1) throw CommandException.Usage("stdin can be read once");
        var documents = new List<string>();
        foreach (var name in names) documents.Add(await Input.ReadAsync(name, Shell, cancel));
        var reviews = await broker.ReviewIdentitiesAsync(string.Join("\n---\n", documents), parsed.GetRequiredValue(_cluster), !parsed.GetValue(_keep), cancel);
        Output.Write(Shell, parsed, reviews, ProtocolJson.Default.IdentityReviewList, (shell, list) =>
        {
            foreach (var review in list.Reviews) ReviewText.Write(shell, review);
        });
        return reviews.Reviews.Any(review => review.Result == CheckView.Fail || (review.Result == CheckView.Unknown && parsed.GetValue(_strict))) ? ExitCodes.Denied : ExitCodes.Ok;
    }
}

/// <summary>What workloads were last seen as.</summary>
internal sealed class ReviewListing : BrokerCommand
{
    private readonly Option<string?> _workload = new("--workload") { HelpName = "URI", Description = "Every identity that this workload was seen with." };

    public ReviewListing(Shell shell)
        : base(shell, "list", "List reviews of identities that were kept.", "credbroker review list", "credbroker review list --workload k8s://prod-eu/shop/checkout") => Add(_workload);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListIdentityReviewsAsync(parsed.GetValue(_workload), cancel), ProtocolJson.Default.IdentityReviewList, (shell, list) =>
        {
            var table = new Table("REVIEW", "WORKLOAD", "RESULT", "STATE", "SEEN", "DECIDED BY");
            foreach (var one in list.Reviews) table.Add(one.Id, one.Workload, one.Result, one.State, Times.Of(one.ReviewedAt), one.DecidedBy);
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}

/// <summary>A person's word about what a workload is now.</summary>
internal sealed class ReviewDecide : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The review.");
    private readonly Option<string> _note = new("--note") { HelpName = "TEXT", Description = "What was found; recorded.", Required = true };
    private readonly bool _accept;

    private ReviewDecide(Shell shell, bool accept, string name, string description)
        : base(shell, name, description, $"credbroker review {name} 06bq2wz7v1e8k3m5n9p0r4s6t8 --note \"looked at with team-shop\"")
    {
        _accept = accept;
        Add(_id);
        Add(_note);
    }

    public static ReviewDecide Accept(Shell shell) => new(shell, true, "accept", "Accept what a workload is now; it stands until the identity is another.");

    public static ReviewDecide Refuse(Shell shell) => new(shell, false, "refuse", "Refuse what a workload is now; its leases are judged again.");

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.DecideIdentityAsync(parsed.GetRequiredValue(_id), new IdentityDecision(_accept, parsed.GetRequiredValue(_note)), cancel), ProtocolJson.Default.IdentityReviewView, ReviewText.Write);
        return ExitCodes.Ok;
    }
}

/// <summary>What whoever took something over could reach.</summary>
internal sealed class ReviewBlastRadius : BrokerCommand
{
    private readonly Argument<string> _selector = new("SELECTOR") { Description = "What was taken over, such as pod=checkout-7d9f or node=node-1.internal." };
    private readonly Option<string?> _since = new("--since") { HelpName = "DURATION", Description = "How far back leases that ended count; 24h unless told." };
    private readonly Option<bool> _markdown = new("--markdown") { Description = "As a page of Markdown, to hand on." };

    public ReviewBlastRadius(Shell shell)
        : base(shell, "blast-radius", "Tell what whoever took over a pod, a node, an image or an issuer could reach: leases, targets, privileges, owners, and until when. Changes nothing.",
            "credbroker review blast-radius node=node-1.internal", "credbroker review blast-radius image=sha256:3e7a89 --since 72h --markdown > reach.md")
    {
        Add(_selector);
        Add(_since);
        Add(_markdown);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var (selector, since) = (parsed.GetRequiredValue(_selector), parsed.GetValue(_since));
        if (parsed.GetValue(_markdown))
        {
            var page = await broker.ReadBlastRadiusAsync(selector, since, cancel);
            return await Shell.RawAsync(async to =>
            {
                await to.WriteAsync(page, cancel);
                return ExitCodes.Ok;
            });
        }

        Output.Write(Shell, parsed, await broker.GetBlastRadiusAsync(selector, since, cancel), ProtocolJson.Default.BlastRadius, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, BlastRadius radius)
    {
        shell.Say(radius.Sentence);
        var table = new Table("TARGET", "ENVIRONMENT", "TEMPLATE", "OWNER", "LIVE", "ENDED", "USABLE UNTIL");
        foreach (var one in radius.Groups) table.Add($"{one.Backend}/{one.Target}", one.Environment, one.Template, one.Owner, $"{one.Live}", $"{one.Recent}", Times.Of(one.UsableUntil));
        table.Write(shell);
        if (radius.Privileges.Count == 0) return;
        shell.Out.WriteLine();
        var granted = new Table("TARGET", "RESOURCE", "ACTIONS");
        foreach (var one in radius.Privileges) granted.Add($"{one.Backend}/{one.Target}", one.Resource, string.Join(',', one.Actions));
        granted.Write(shell);
        if (radius.PrivilegesOf < radius.Live + radius.Recent) shell.Say($"privileges are those of the newest {radius.PrivilegesOf} leases");
    }
}

/// <summary>A review in words.</summary>
internal static class ReviewText
{
    public static void Write(Shell shell, IdentityReviewView review)
    {
        Details.Write(shell, ("workload", review.Workload), ("result", review.Result), ("fingerprint", review.Fingerprint), ("runs", string.Join(", ", review.Runs)), ("review", review.Id), ("state", review.State), ("decided by", review.DecidedBy), ("note", review.Note));
        foreach (var check in review.Checks)
        {
            shell.Out.WriteLine($"{check.Result.ToUpperInvariant(),-7}  {check.Name}");
            foreach (var item in check.Items) shell.Out.WriteLine($"         {Printable.Of(item)}");
            foreach (var reason in check.Reasons) shell.Out.WriteLine($"       ! {Printable.Of(reason)}");
        }

        foreach (var change in review.Changes ?? []) shell.Out.WriteLine($"       ~ {Printable.Of(change)}");
    }
}
