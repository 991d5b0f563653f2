using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Commands;

/// <summary>Verifies an evidence bundle with nothing but the broker's verification key.</summary>
internal sealed class AuditVerifyBundle : CliCommand
{
    private readonly OutputOptions _format = new();
    private readonly Argument<string> _file = new("FILE") { Description = "The bundle." };
    private readonly Option<string[]> _keys = new("--key") { HelpName = "FILE", Description = "Verification keys, as `audit key` prints them.", Required = true };

    public AuditVerifyBundle(Shell shell)
        : base(shell, "verify-bundle", "Verify an evidence bundle offline. Exit code 1 names the place that does not hold.", "credbroker audit verify-bundle bundle.json --key evidence.vkey")
    {
        Add(_file);
        Add(_keys);
        Share(_format.Json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var keys = await EvidenceFiles.KeysAsync(parsed.GetRequiredValue(_keys), Shell, cancel);
        var file = parsed.GetRequiredValue(_file);
        if (new FileInfo(file) is { Exists: true, Length: > BundleVerifier.Largest }) throw CommandException.Fault($"{file} is larger than {BundleVerifier.Largest} bytes");
        var verdict = BundleVerifier.Verify(await File.ReadAllBytesAsync(file, cancel), keys);
        if (parsed.GetValue(_format.Json)) JsonOut.Write(Shell, verdict, ProtocolJson.Default.BundleVerdict);
        if (verdict.Problem is { } problem) throw CommandException.Fault($"the bundle does not verify: {problem}");
        if (!parsed.GetValue(_format.Json)) Shell.Out.WriteLine($"{verdict.Records} records verified, all in the checkpoint of {verdict.Size} records");
        return ExitCodes.Ok;
    }
}
