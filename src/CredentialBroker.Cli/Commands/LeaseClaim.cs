using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Commands;

/// <summary>Claims a credential with the evidence of the token file; the credential is the only thing on stdout.</summary>
internal sealed class LeaseClaim : BrokerCommand
{
    private readonly Argument<string> _template = new("TEMPLATE") { Description = "Name of an activated template." };
    private readonly IntentOptions _intent = new();
    private readonly SigningRequestOption _csr = new();
    private readonly Option<string?> _key = new("--idempotency-key") { HelpName = "KEY", Description = "Makes a repeated claim harmless; a new one each time unless told." };

    public LeaseClaim(Shell shell)
        : base(shell, "claim", "Claim a credential and print it as JSON. The token file holds the workload's evidence.",
            "credbroker lease claim orders-read --token-file /var/run/secrets/broker/token",
            "credbroker lease claim orders-read --ttl 5m --scope read --param region=eu --purpose CHG-1042",
            "credbroker lease claim mesh-client --csr client.csr --token-file /var/run/secrets/broker/token")
    {
        Add(_template);
        _intent.AddTo(this);
        _csr.AddTo(this);
        Add(_key);
        _key.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: { Length: > 0 and <= 255 } key }] || key.Any(c => c is < '!' or > '~')) result.AddError("--idempotency-key is 1 to 255 visible ASCII characters");
        });
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        if (!Connection.NamesEvidence(parsed, Shell)) throw CommandException.Usage("a claim needs evidence: name the workload's token with --token-file or CREDBROKER_TOKEN_FILE");
        var key = parsed.GetValue(_key) ?? Ids.New(Shell.Clock);
        var claim = new ClaimRequest(parsed.GetRequiredValue(_template), _intent.Ttl(parsed), _intent.Intent(parsed), _intent.Nonce(parsed), await _csr.ReadAsync(parsed, Shell, cancel));
        var answer = await ClaimAsync(broker, claim, key, cancel);
        if (answer.Replayed || answer.Credential is null)
        {
            if (parsed.GetValue(Output.Json)) JsonOut.Write(Shell, answer, ProtocolJson.Default.LeaseAnswer);
            throw CommandException.Fault(
                $"this key was granted before as lease {answer.Lease.Id}, and a credential is handed out once; end it with credbroker lease revoke {answer.Lease.Id} --reason replay, then claim with a new --idempotency-key");
        }

        Shell.Say($"lease {answer.Lease.Id} ends {Times.Of(answer.Lease.EndsAt)} ({answer.Lease.EndsBecause})");
        Output.Write(Shell, parsed, answer, ProtocolJson.Default.LeaseAnswer, (shell, granted) => JsonOut.Write(shell, granted.Credential!.Value, ProtocolJson.Default.JsonElement));
        return ExitCodes.Ok;
    }

    private async Task<LeaseAnswer> ClaimAsync(BrokerClient broker, ClaimRequest claim, string key, CancellationToken cancel)
    {
        try
        {
            return await broker.ClaimLeaseAsync(claim, key, cancel);
        }
        catch (BrokerUnreachableException)
        {
            Shell.Say($"whether the claim was granted is not known; claim again with --idempotency-key {key} to find out");
            throw;
        }
    }
}
