using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;

namespace CredentialBroker.Cli.Commands;

/// <summary>What setting a freeze and setting a hold have in common: what it covers, why, and how long.</summary>
internal abstract class ControlCommand : BrokerCommand
{
    private readonly Argument<string?> _selector = new("SELECTOR") { Description = "What it covers, such as template=orders-read, or @NAME for a saved selector.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _all = new("--all") { Description = "Everything, instead of a selector." };
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded.", Required = true };
    private readonly Option<string?> _for;

    protected ControlCommand(Shell shell, string name, string description, string length, params string[] examples)
        : base(shell, name, description, examples)
    {
        _for = new Option<string?>("--for") { HelpName = "DURATION", Description = length };
        _for.MustBeDuration();
        _reason.MustNotBeBlank();
        Add(_selector);
        Add(_all);
        Add(_reason);
        Add(_for);
    }

    protected abstract Task<ControlView> SetAsync(BrokerClient broker, ControlRequest request, CancellationToken cancel);

    /// <summary>What is so from now on, and how it is undone.</summary>
    protected abstract string Effect(ControlView control);

    protected sealed override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var control = await SetAsync(broker, new ControlRequest(await CoveredAsync(broker, parsed, cancel), parsed.GetRequiredValue(_reason), parsed.GetValue(_for)), cancel);
        Output.Write(Shell, parsed, control, ProtocolJson.Default.ControlView, (shell, one) => ControlText.Table(shell, [one]));
        Shell.Say(Effect(control));
        return ExitCodes.Ok;
    }

    private async Task<string> CoveredAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel) => (parsed.GetValue(_selector), parsed.GetValue(_all)) switch
    {
        (null, true) => "--all",
        ({ } selector, false) => await SelectorNames.ReadAsync(broker, selector, cancel),
        (null, false) => throw CommandException.Usage("say what it covers: a selector such as template=orders-read, or --all"),
        _ => throw CommandException.Usage("give a selector or --all, not both"),
    };
}

/// <summary>Freezes and holds for people.</summary>
internal static class ControlText
{
    public static void Table(Shell shell, IReadOnlyList<ControlView> controls)
    {
        var table = new Table("ID", "SELECTOR", "EXPIRES", "BY", "SINCE", "REASON");
        foreach (var one in controls) table.Add(one.Id, one.Selector, Times.Of(one.ExpiresAt), one.By, Times.Of(one.At), one.Reason);
        table.Write(shell);
    }
}
