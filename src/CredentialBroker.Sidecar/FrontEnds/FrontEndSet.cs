using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>Every dialect that is switched on.</summary>
internal sealed class FrontEndSet
{
    public FrontEndSet(FrontEndOptions options, HeldLeases leases, Action quit, Say say)
    {
        var held = leases.ByName;
        if (options.Local is { } local) Listening.Add(new LocalFrontEnd(local, leases, quit));
        if (options.AwsContainer is { } aws) Listening.Add(new AwsContainerFrontEnd(aws, held[aws.Lease]));
        if (options.Postgres is { } postgres) Writing.Add(new PostgresFrontEnd(postgres, [.. postgres.Leases.Select(name => held[name])], say));
    }

    public List<HttpFrontEnd> Listening { get; } = [];

    public List<FileFrontEnd> Writing { get; } = [];

    public IEnumerable<string> Names => Listening.Select(frontEnd => frontEnd.Name).Concat(Writing.Select(frontEnd => frontEnd.Name));
}
