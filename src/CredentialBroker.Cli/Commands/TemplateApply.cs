using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Commands;

/// <summary>Applies templates: all are checked before the first is activated, or proposed where that takes a second person.</summary>
internal sealed class TemplateApply : BrokerCommand
{
    private readonly Argument<string[]> _files = TemplateFiles.Argument();

    public TemplateApply(Shell shell)
        : base(shell, "apply", "Activate templates, or propose them where a second person activates. All are checked first; one mistake and nothing is done.",
            "credbroker template apply templates/orders-read.yaml") => Add(_files);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var files = await TemplateFiles.ReadAsync(parsed.GetRequiredValue(_files), Shell, cancel);
        if (TemplateFiles.SayMistakes(Shell, await TemplateFiles.JudgeAsync(broker, files, cancel)) > 0)
        {
            Shell.Say("credbroker: nothing was activated");
            return ExitCodes.Fault;
        }

        var activated = new List<TemplateView>();
        foreach (var file in files)
        {
            var view = await broker.ApplyTemplateAsync(file.Text, file.Name, file.Signature, cancel);
            activated.Add(view);
            Shell.Say(view.State == TemplateView.Candidate
                ? $"{view.Name} from {file.Name} is waiting for a second person: credbroker template activate {view.Name} {view.Revision}"
                : $"activated {view.Name} from {file.Name}");
        }

        Output.Write(Shell, parsed, activated, ProtocolJson.Default.IReadOnlyListTemplateView, TemplateFiles.Table);
        return ExitCodes.Ok;
    }
}
