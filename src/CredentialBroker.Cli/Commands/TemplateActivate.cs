using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>The second person's yes to a template's text.</summary>
internal sealed class TemplateActivate : BrokerCommand
{
    private readonly Argument<string> _name = Checks.Id("NAME", "The template.");
    private readonly Argument<string> _revision = Checks.Id("REVISION", "Hash of the text that you looked at.");

    public TemplateActivate(Shell shell)
        : base(shell, "activate", "Activate a candidate that somebody else proposed.",
            "credbroker template activate orders-read 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    {
        Add(_name);
        Add(_revision);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var view = await broker.ActivateTemplateAsync(parsed.GetRequiredValue(_name), parsed.GetRequiredValue(_revision), cancel);
        Output.Write(Shell, parsed, view, ProtocolJson.Default.TemplateView, (shell, one) => TemplateFiles.Table(shell, [one]));
        Shell.Say($"activated {view.Name}, written by {view.Author}");
        return ExitCodes.Ok;
    }
}
