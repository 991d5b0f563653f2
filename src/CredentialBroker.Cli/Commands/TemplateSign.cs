using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Commands;

/// <summary>Signs templates with their author's key, for brokers that load no other (R40).</summary>
internal sealed class TemplateSign : BrokerCommand
{
    private readonly Argument<string[]> _files = TemplateFiles.Argument();
    private readonly Option<string> _key = new("--key", "-k") { Description = "PEM file of the author's private key: P-256 or RSA.", HelpName = "FILE", Required = true };
    private readonly Option<string> _author = new("--key-id") { Description = "Name of the key in the broker's Templates:SignersFile.", HelpName = "NAME", Required = true };

    public TemplateSign(Shell shell)
        : base(shell, "sign", "Sign templates as their author. Each is checked first, and its signature is written beside it, as FILE.jws.",
            "credbroker template sign templates/orders-read.yaml --key alice.pem --key-id alice")
    {
        Add(_files);
        Add(_key);
        Add(_author);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var names = parsed.GetRequiredValue(_files);
        if (names.Contains("-")) throw CommandException.Usage("a signature is written beside its file; stdin has no place for it");
        var files = await TemplateFiles.ReadAsync(names, Shell, cancel);
        var verdicts = await TemplateFiles.JudgeAsync(broker, files, cancel);
        if (TemplateFiles.SayMistakes(Shell, verdicts) > 0) return ExitCodes.Fault;
        var pem = await File.ReadAllTextAsync(parsed.GetRequiredValue(_key), cancel);
        foreach (var (index, file) in files.Index())
        {
            // What is signed is what lies here, whatever the broker was sent.
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Text)));
            if (verdicts[index].Revision != hash) throw CommandException.Fault($"the broker read another text than {names[index]}");
            var path = names[index] + ".jws";
            await File.WriteAllTextAsync(path, CompactSignature.Of(pem, parsed.GetRequiredValue(_author), verdicts[index].Name!, hash) + "\n", cancel);
            Shell.Say($"signed {verdicts[index].Name}: {path}");
        }

        return ExitCodes.Ok;
    }
}
