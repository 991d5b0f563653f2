using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.AwsMetadata;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.FrontEnds.AzureMetadata;
using CredentialBroker.Sidecar.FrontEnds.Files;
using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleSubjectToken;
using CredentialBroker.Sidecar.FrontEnds.Kubeconfig;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;
using CredentialBroker.Sidecar.FrontEnds.TokenFiles;
using CredentialBroker.Sidecar.FrontEnds.Vault;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>Every dialect that is switched on.</summary>
internal sealed class FrontEndSet
{
    public FrontEndSet(FrontEndOptions options, HeldLeases leases, Action quit, Say say, TimeProvider clock)
    {
        var held = leases.ByName;
        if (options.Local is { } local) Listening.Add(new LocalFrontEnd(local, leases, quit));
        if (options.AwsContainer is { } container) Listening.Add(new AwsContainerFrontEnd(container, held[container.Lease]));
        if (options.AwsMetadata is { } aws) Listening.Add(new AwsMetadataFrontEnd(aws, held[aws.Lease], clock));
        if (options.AzureAppService is { } appService) Listening.Add(new AzureAppServiceFrontEnd(appService, held, clock));
        if (options.AzureMetadata is { } azure) Listening.Add(new AzureMetadataFrontEnd(azure, held, clock));
        if (options.GoogleSubjectToken is { } subject) Listening.Add(new GoogleSubjectTokenFrontEnd(subject, held[subject.Lease]));
        if (options.GoogleMetadata is { } google) Listening.Add(new GoogleMetadataFrontEnd(google, held[google.Lease], clock));
        if (options.Vault is { } vault) Listening.Add(new VaultFrontEnd(vault, held, clock));
        if (options.Postgres is { } postgres) Writing.Add(new PostgresFrontEnd(postgres, [.. postgres.Leases.Select(name => held[name])], say));
        if (options.Kubeconfig is { } kubeconfig) Writing.Add(new KubeconfigFrontEnd(kubeconfig, [.. kubeconfig.Leases.Select(name => held[name])], say));
        foreach (var (name, file) in options.TokenFiles) Writing.Add(new TokenFileFrontEnd(name, file, held[file.Lease], say));
        foreach (var (name, file) in options.Files) Writing.Add(new RenderedFile(name, file, held, say, clock));
    }

    public List<HttpFrontEnd> Listening { get; } = [];

    public List<FileFrontEnd> Writing { get; } = [];

    public IEnumerable<string> Names => Listening.Select(frontEnd => frontEnd.Name).Concat(Writing.Select(frontEnd => frontEnd.Name));
}
