using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Cli.Commands;

/// <summary>Selectors under names.</summary>
internal sealed class SelectorListing(Shell shell) : BrokerCommand(shell, "list", "List saved selectors.", "credbroker selector list")
{
    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.ListSelectorsAsync(cancel), ProtocolJson.Default.SelectorList, (shell, list) =>
        {
            var table = new Table("NAME", "SELECTOR", "OWNER", "CHANGED", "NOTE");
            foreach (var one in list.Selectors) table.Add(one.Name, one.Selector, one.Owner, Times.Of(one.ChangedAt), one.Note);
            table.Write(shell);
        });
        return ExitCodes.Ok;
    }
}

internal sealed class SelectorSave : BrokerCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "Lower-case letters, digits and dashes." };
    private readonly Argument<string> _selector = new("SELECTOR") { Description = "The selector." };
    private readonly Option<string> _note = new("--note") { HelpName = "TEXT", Description = "What it is for.", DefaultValueFactory = _ => "" };

    public SelectorSave(Shell shell)
        : base(shell, "save", "Save a selector under a name, in the place of what stood there. It is used as @NAME wherever a selector is wanted.",
            "credbroker selector save checkout 'template=orders-read,namespace=shop' --note 'the shop at checkout'")
    {
        Add(_name);
        Add(_selector);
        Add(_note);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var request = new SelectorRequest(Checks.Selector(parsed.GetRequiredValue(_selector)), parsed.GetRequiredValue(_note));
        var saved = await broker.SaveSelectorAsync(parsed.GetRequiredValue(_name), request, cancel);
        Output.Write(Shell, parsed, saved, ProtocolJson.Default.SavedSelector, (shell, one) => shell.Out.WriteLine($"@{one.Name}"));
        return ExitCodes.Ok;
    }
}

internal sealed class SelectorDrop : BrokerCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The saved selector." };

    public SelectorDrop(Shell shell) : base(shell, "drop", "Drop a saved selector.", "credbroker selector drop checkout") => Add(_name);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        await broker.DropSelectorAsync(parsed.GetRequiredValue(_name), cancel);
        return ExitCodes.Ok;
    }
}

/// <summary>Selectors as people type them: a text, or <c>@NAME</c> for a saved one.</summary>
internal static class SelectorNames
{
    public static async Task<string> ReadAsync(BrokerClient broker, string text, CancellationToken cancel) =>
        text.StartsWith('@') ? (await broker.GetSelectorAsync(text[1..], cancel)).Selector : Checks.Selector(text);
}
