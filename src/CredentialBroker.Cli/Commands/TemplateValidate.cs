using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Commands;

/// <summary>Finds every mistake of templates without activating them.</summary>
internal sealed class TemplateValidate : BrokerCommand
{
    private readonly Argument<string[]> _files = TemplateFiles.Argument();

    public TemplateValidate(Shell shell)
        : base(shell, "validate", "Check templates without activating them; every mistake is a line on stderr.",
            "credbroker template validate templates/*.yaml") => Add(_files);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var files = await TemplateFiles.ReadAsync(parsed.GetRequiredValue(_files), Shell, cancel);
        IReadOnlyList<TemplateVerdict> verdicts = await TemplateFiles.JudgeAsync(broker, files, cancel);
        Output.Write(Shell, parsed, verdicts, ProtocolJson.Default.IReadOnlyListTemplateVerdict, (shell, all) => Text(shell, files, all));
        return TemplateFiles.SayMistakes(Shell, verdicts) == 0 ? ExitCodes.Ok : ExitCodes.Fault;
    }

    private static void Text(Shell shell, IReadOnlyList<TemplateFile> files, IReadOnlyList<TemplateVerdict> verdicts)
    {
        var table = new Table("FILE", "TEMPLATE", "REVISION", "MISTAKES");
        foreach (var (file, verdict) in files.Zip(verdicts)) table.Add(file.Name, verdict.Name, verdict.Revision, verdict.Mistakes.Count == 0 ? null : $"{verdict.Mistakes.Count}");
        table.Write(shell);
    }
}
