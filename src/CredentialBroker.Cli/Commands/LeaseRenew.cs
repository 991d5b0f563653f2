using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Commands;

/// <summary>Renews a lease; where that makes a new credential, the credential is on stdout.</summary>
internal sealed class LeaseRenew : BrokerCommand
{
    private readonly Argument<string> _id = Checks.Id("The lease.");
    private readonly Option<string?> _ttl = new("--ttl") { HelpName = "DURATION", Description = "Wanted further life, at most the template's." };

    private readonly SigningRequestOption _csr = new();

    public LeaseRenew(Shell shell)
        : base(shell, "renew", "Renew a lease. Prints the new credential as JSON where renewing makes one.",
            "credbroker lease renew 06bq2wz7v1e8k3m5n9p0r4s6t8 --ttl 10m")
    {
        _ttl.MustBeDuration();
        Add(_id);
        Add(_ttl);
        _csr.AddTo(this);
    }

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        var answer = await broker.RenewLeaseAsync(parsed.GetRequiredValue(_id), new RenewRequest(parsed.GetValue(_ttl), await _csr.ReadAsync(parsed, Shell, cancel)), cancel);
        Shell.Say($"lease {answer.Lease.Id} ends {Times.Of(answer.Lease.EndsAt)} ({answer.Lease.EndsBecause}){(answer.Credential is null ? "; its credential stays the same" : "")}");
        Output.Write(Shell, parsed, answer, ProtocolJson.Default.LeaseAnswer, (shell, renewed) =>
        {
            if (renewed.Credential is { } credential) JsonOut.Write(shell, credential, ProtocolJson.Default.JsonElement);
        });
        return ExitCodes.Ok;
    }
}
