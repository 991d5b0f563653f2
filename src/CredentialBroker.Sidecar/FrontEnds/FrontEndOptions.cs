using CredentialBroker.Sidecar.Configuration;
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

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>What hands credentials out; one that is absent is off.</summary>
internal sealed class FrontEndOptions
{
    /// <summary>The sidecar's own endpoint on a unix socket, and the one that its commands ask.</summary>
    public LocalOptions? Local { get; set; }

    /// <summary>AWS container credentials.</summary>
    public AwsContainerOptions? AwsContainer { get; set; }

    /// <summary>The EC2 instance metadata service.</summary>
    public AwsMetadataOptions? AwsMetadata { get; set; }

    /// <summary>The managed identity endpoint of Azure App Service.</summary>
    public AzureAppServiceOptions? AzureAppService { get; set; }

    /// <summary>Azure's instance metadata service.</summary>
    public AzureMetadataOptions? AzureMetadata { get; set; }

    /// <summary>The subject token of Google's external accounts.</summary>
    public GoogleSubjectTokenOptions? GoogleSubjectToken { get; set; }

    /// <summary>Google's metadata server.</summary>
    public GoogleMetadataOptions? GoogleMetadata { get; set; }

    /// <summary>PostgreSQL's password and service files.</summary>
    public PostgresOptions? Postgres { get; set; }

    /// <summary>A kubeconfig for kubectl and programs like it.</summary>
    public KubeconfigOptions? Kubeconfig { get; set; }

    /// <summary>What Vault's clients ask.</summary>
    public VaultOptions? Vault { get; set; }

    /// <summary>Tokens in files of their own, by name.</summary>
    public Dictionary<string, TokenFileOptions> TokenFiles { get; set; } = [];

    /// <summary>Files rendered from leases, by name.</summary>
    public Dictionary<string, RenderedFileOptions> Files { get; set; } = [];

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        Local?.Validate(mistakes.Below(nameof(Local)));
        AwsContainer?.Validate(mistakes.Below(nameof(AwsContainer)), leases);
        AwsMetadata?.Validate(mistakes.Below(nameof(AwsMetadata)), leases);
        AzureAppService?.Validate(mistakes.Below(nameof(AzureAppService)), leases);
        AzureMetadata?.Validate(mistakes.Below(nameof(AzureMetadata)), leases);
        GoogleSubjectToken?.Validate(mistakes.Below(nameof(GoogleSubjectToken)), leases);
        GoogleMetadata?.Validate(mistakes.Below(nameof(GoogleMetadata)), leases);
        Postgres?.Validate(mistakes.Below(nameof(Postgres)), leases);
        Kubeconfig?.Validate(mistakes.Below(nameof(Kubeconfig)), leases);
        Vault?.Validate(mistakes.Below(nameof(Vault)), leases);
        foreach (var (name, file) in TokenFiles) file.Validate(mistakes.Below($"{nameof(TokenFiles)}:{name}"), leases);
        foreach (var (name, file) in Files) file.Validate(mistakes.Below($"{nameof(Files)}:{name}"), leases);
    }
}
