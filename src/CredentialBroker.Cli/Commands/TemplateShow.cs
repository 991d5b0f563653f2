using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>One template's text as it was activated, fit to be edited and applied again.</summary>
internal sealed class TemplateShow : BrokerCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The template." };

    public TemplateShow(Shell shell)
        : base(shell, "show", "Print an activated template's text.", "credbroker template show orders-read > orders-read.yaml") => Add(_name);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var name = parsed.GetRequiredValue(_name);
        var known = (await broker.ListTemplatesAsync(cancel)).Templates;
        if (known.FirstOrDefault(t => t.Name == name) is not { } template)
        {
            var near = Spelling.Closest(name, known.Select(t => t.Name)) is { } meant ? $" (did you mean {meant}?)" : "";
            throw CommandException.Fault($"no activated template is called '{name}'{near}; see credbroker template list");
        }

        Output.Write(Shell, parsed, template, ProtocolJson.Default.TemplateView, (shell, one) =>
        {
            shell.Say($"revision {one.Revision}, activated by {one.ActivatedBy} at {Times.Of(one.ActivatedAt)}");
            shell.Out.Write(one.Source.EndsWith('\n') ? one.Source : $"{one.Source}\n");
        });
        return ExitCodes.Ok;
    }
}
