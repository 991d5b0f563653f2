using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Commands;

/// <summary>A template as read, and the name its messages use.</summary>
/// <param name="Signature">What its author signed, where that lies beside it.</param>
internal sealed record TemplateFile(string Name, string Text, string? Signature = null);

/// <summary>What the commands about templates share: reading, judging and listing them.</summary>
internal static class TemplateFiles
{
    public static Argument<string[]> Argument() => new("FILE") { Description = "Template in YAML; - reads stdin.", Arity = ArgumentArity.OneOrMore };

    public static async Task<IReadOnlyList<TemplateFile>> ReadAsync(string[] names, Shell shell, CancellationToken cancel)
    {
        if (names.Count(n => n == "-") > 1) throw CommandException.Usage("stdin can be read once");
        var files = new List<TemplateFile>();
        foreach (var name in names) files.Add(new TemplateFile(Input.NameOf(name), await Input.ReadAsync(name, shell, cancel), await SignatureOfAsync(name, cancel)));
        return files;
    }

    private static async Task<string?> SignatureOfAsync(string name, CancellationToken cancel) =>
        File.Exists(name + ".jws") ? (await File.ReadAllTextAsync(name + ".jws", cancel)).Trim() : null;

    public static async Task<IReadOnlyList<TemplateVerdict>> JudgeAsync(BrokerClient broker, IReadOnlyList<TemplateFile> files, CancellationToken cancel)
    {
        var verdicts = new List<TemplateVerdict>();
        foreach (var file in files) verdicts.Add(await broker.ValidateTemplateAsync(file.Text, file.Name, cancel));
        return verdicts;
    }

    /// <summary>Every mistake on its own line, as compilers write them; how many there were.</summary>
    public static int SayMistakes(Shell shell, IReadOnlyList<TemplateVerdict> verdicts)
    {
        var mistakes = verdicts.SelectMany(v => v.Mistakes).ToList();
        foreach (var mistake in mistakes) shell.Say(mistake);
        return mistakes.Count;
    }

    public static void Table(Shell shell, IReadOnlyList<TemplateView> templates)
    {
        var table = new Table("TEMPLATE", "ENVIRONMENT", "TARGET", "REVISION", "ACTIVATED", "BY");
        foreach (var one in templates) table.Add(one.Name, one.Environment, $"{one.Backend}/{one.Target}", one.Revision, Times.Of(one.ActivatedAt), one.State == TemplateView.Candidate ? "waiting for a second person" : one.ActivatedBy);
        table.Write(shell);
    }

    public static void Candidates(Shell shell, IReadOnlyList<TemplateView> templates)
    {
        var table = new Table("TEMPLATE", "REVISION", "ENVIRONMENT", "TARGET", "PROPOSED", "BY");
        foreach (var one in templates) table.Add(one.Name, one.Revision, one.Environment, $"{one.Backend}/{one.Target}", Times.Of(one.ProposedAt), one.Author);
        table.Write(shell);
    }
}
