using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.AwsMetadata;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.FrontEnds.AzureMetadata;
using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.FrontEnds.Kubeconfig;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>The table of clients.</summary>
internal static class RealClients
{
    private const string Aws = "/usr/bin/aws";
    private const string NoneFound = "Unable to (locate|retrieve) credentials";
    private const string Vault = "https://vault.azure.net";

    public static IReadOnlyDictionary<string, RealClient> All { get; } = new Dictionary<string, RealClient>
    {
        ["aws cli, container credentials"] = AwsCli(Container, place => Task.FromResult(ContainerVariables(place, inFile: false))),
        ["aws cli, credential_process"] = AwsCli(Local, ProcessVariablesAsync),
        // It says of this way in no more than that it found nothing.
        ["aws cli, instance metadata"] = AwsCli(AwsMetadata, place => Task.FromResult(AwsMetadataVariables(place))) with { Says = NoneFound },
        ["boto3, container credentials"] = Amazon(Container, Python("boto3", "boto3", place => ContainerVariables(place, inFile: false))),
        // Within a session it goes on for a quarter of an hour with what it got this way, over or not: of its own will, and why the page advises against this way.
        ["boto3, instance metadata"] = Amazon(AwsMetadata, Python("boto3", "boto3", AwsMetadataVariables)) with { HasSession = false, Says = NoneFound + "|no credentials" },
        // They keep what came with the status to themselves.
        ["AWSSDK, container credentials with a token file"] = Amazon(Container, Dotnet("aws", place => ContainerVariables(place, inFile: true))) with { KeepsToExpiry = true, Says = "Unable to retrieve credentials.*403" },
        ["@aws-sdk/credential-providers, container credentials with a token file"] = Amazon(Container, Node("credential-providers", "@aws-sdk/credential-providers", place => ContainerVariables(place, inFile: true))) with { KeepsToExpiry = true, Says = "Could not load credentials" },
        ["python azure-identity, ManagedIdentityCredential, App Service"] = Azure(AppService, Python("ManagedIdentityCredential", "azure.identity", AppServiceVariables)) with { KeepsToExpiry = true },
        ["python azure-identity, DefaultAzureCredential, App Service"] = Azure(AppService, Python("DefaultAzureCredential", "azure.identity", AppServiceVariables)) with { KeepsToExpiry = true },
        ["python azure-identity, ManagedIdentityCredential, instance metadata"] = Azure(AzureMetadata, Python("ManagedIdentityCredential", "azure.identity", AzureMetadataVariables)) with { KeepsToExpiry = true },
        ["Azure.Identity, App Service"] = Azure(AppService, Dotnet("azure", AppServiceVariables)) with { RemembersSessions = true },
        ["Azure.Identity, instance metadata"] = Azure(AzureMetadata, Dotnet("azure", AzureMetadataVariables)) with { RemembersSessions = true },
        ["@azure/identity, App Service"] = Azure(AppService, Node("azure-identity", "@azure/identity", AppServiceVariables)) with { RemembersSessions = true },
        ["python google-auth"] = Google(Python("google-auth", "google.auth.transport.requests", GoogleVariables)),
        ["Google.Apis.Auth"] = Google(Dotnet("google", GoogleVariables)) with { KeepsToExpiry = true },
        ["google-auth-library"] = Google(Node("google-auth-library", "google-auth-library", GoogleVariables)),
        ["psql"] = Postgres((place => new Commanded(PostgresVariables(place), ["psql", "-X", "-A", "-t", "-c", "SELECT current_user"]), () => Tools.Program("psql"))) with { Says = "service file|definition of service" },
        ["Npgsql"] = Postgres(Dotnet("npgsql", PostgresVariables)) with { Says = "pg_service.conf" },
        ["git"] = Helped(The.GitHub, Git, "git", n => $"ghs_token{n}") with { PrepareAsync = place => place.WithGitAsync() },
        ["kubectl"] = Helped(The.Kubernetes, Kubectl, "kubectl", n => $"kube.token.{n}") with
        {
            PrepareAsync = place => place.WithClusterAsync(),
            Template = place => The.Kubernetes with { Members = n => new(The.Kubernetes.Members(n)) { ["server"] = place.Cluster.Address, ["certificateAuthority"] = File.ReadAllText(place.PathOf("ca.pem")) } },
            Speak = (options, place) =>
            {
                Local(options, place);
                options.Kubeconfig = new KubeconfigOptions { Leases = [The.Kubernetes.Name], Path = place.PathOf("kubeconfig"), Command = [.. Client.Sidecar], Socket = place.Socket };
            },
        },
        ["docker"] = Helped(The.GitHub, Docker, "docker", n => $"ghs_token{n}") with { PrepareAsync = place => place.WithEngineAsync() },
    };

    private static RealClient AwsCli(Action<FrontEndOptions, Place> speak, Func<Place, Task<Dictionary<string, string>>> variables) => new()
    {
        Template = _ => The.Aws, Speak = speak, Shows = n => $"ASIAEXAMPLE{n}", Missing = () => Tools.Program(Aws),
        OpenAsync = async place => new Commanded(await variables(place), [Aws, "configure", "export-credentials"]),
    };

    private static RealClient Amazon(Action<FrontEndOptions, Place> speak, (Func<Place, IAsked> Open, Func<string?> Missing) how) => Of(The.Aws, speak, how, n => $"ASIAEXAMPLE{n}");

    private static RealClient Azure(Action<FrontEndOptions, Place> speak, (Func<Place, IAsked> Open, Func<string?> Missing) how) => Of(The.Azure, speak, how, n => $"azure-token-{n}");

    private static RealClient Google((Func<Place, IAsked> Open, Func<string?> Missing) how) => Of(
        The.Gcp, (options, place) => options.GoogleMetadata = new GoogleMetadataOptions { Lease = The.Gcp.Name, Listen = Address(place), Email = "orders@shop.iam.gserviceaccount.com", Project = "shop" }, how, n => $"ya29.gcp-{n}");

    private static RealClient Postgres((Func<Place, IAsked> Open, Func<string?> Missing) how) => Of(
        The.Orders, (options, place) => options.Postgres = new PostgresOptions { Leases = [The.Orders.Name], Folder = place.PathOf("pg") }, how, n => $"cb-broker-{n}") with
        {
            Template = OrdersServer.Template, PrepareAsync = place => place.WithPostgresAsync(),
        };

    private static RealClient Helped(StandInTemplate template, Func<Place, IAsked> open, string program, Func<int, string> shows) =>
        Of(template, Local, (open, () => Tools.Program(program)), shows) with { HasSession = false };

    private static RealClient Of(StandInTemplate template, Action<FrontEndOptions, Place> speak, (Func<Place, IAsked> Open, Func<string?> Missing) how, Func<int, string> shows) => new()
    {
        Template = _ => template, Speak = speak, Shows = shows, Missing = how.Missing, HasSession = true, OpenAsync = place => Task.FromResult(how.Open(place)),
    };

    private static (Func<Place, IAsked> Open, Func<string?> Missing) Python(string kind, string module, Func<Place, Dictionary<string, string>> variables) =>
        (place => new Talking(variables(place), [Tools.Python, Tools.Script("clients.py"), kind]), () => Tools.Module(module));

    private static (Func<Place, IAsked> Open, Func<string?> Missing) Node(string kind, string package, Func<Place, Dictionary<string, string>> variables) =>
        (place => new Talking(variables(place), ["node", Tools.Script("clients.cjs"), Tools.Packages, kind]), () => Tools.Package(package));

    private static (Func<Place, IAsked> Open, Func<string?> Missing) Dotnet(string kind, Func<Place, Dictionary<string, string>> variables) =>
        (place => new Talking(variables(place), ["dotnet", Path.Combine(AppContext.BaseDirectory, "CredentialBroker.Sidecar.Clients.dll"), kind]), () => null);

    private static string Address(Place place) => $"127.0.0.1:{place.Port}";

    private static void Local(FrontEndOptions options, Place place) => options.Local = new LocalOptions { Socket = place.Socket };

    private static void Container(FrontEndOptions options, Place place) => options.AwsContainer = new AwsContainerOptions { Lease = The.Aws.Name, Listen = Address(place), TokenFile = place.PathOf("secret") };

    private static void AwsMetadata(FrontEndOptions options, Place place) => options.AwsMetadata = new AwsMetadataOptions { Lease = The.Aws.Name, Listen = Address(place) };

    private static void AppService(FrontEndOptions options, Place place) => options.AzureAppService = new AzureAppServiceOptions { Resources = { [Vault] = The.Azure.Name }, Listen = Address(place), HeaderFile = place.PathOf("secret") };

    private static void AzureMetadata(FrontEndOptions options, Place place) => options.AzureMetadata = new AzureMetadataOptions { Resources = { [Vault] = The.Azure.Name }, Listen = Address(place) };

    private static Dictionary<string, string> ContainerVariables(Place place, bool inFile)
    {
        var variables = new Dictionary<string, string> { ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = $"http://{Address(place)}/v1/credentials" };
        if (inFile) variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = place.PathOf("secret");
        else variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = File.ReadAllText(place.PathOf("secret"));
        return variables;
    }

    private static async Task<Dictionary<string, string>> ProcessVariablesAsync(Place place)
    {
        await File.WriteAllTextAsync(place.PathOf("config"), $"[profile orders]\ncredential_process = {string.Join(' ', Client.Sidecar)} aws --lease aws --socket {place.Socket}\n");
        return new() { ["AWS_CONFIG_FILE"] = place.PathOf("config"), ["AWS_PROFILE"] = "orders" };
    }

    private static Dictionary<string, string> AwsMetadataVariables(Place place) => new() { ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = $"http://{Address(place)}/" };

    private static Dictionary<string, string> AppServiceVariables(Place place) => new() { ["IDENTITY_ENDPOINT"] = $"http://{Address(place)}/msi/token", ["IDENTITY_HEADER"] = File.ReadAllText(place.PathOf("secret")) };

    private static Dictionary<string, string> AzureMetadataVariables(Place place) => new() { ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = $"http://{Address(place)}" };

    private static Dictionary<string, string> GoogleVariables(Place place) => new() { ["GCE_METADATA_HOST"] = Address(place), ["GCE_METADATA_ROOT"] = Address(place), ["GCE_METADATA_IP"] = Address(place) };

    private static Dictionary<string, string> PostgresVariables(Place place) => new() { ["PGSERVICEFILE"] = place.PathOf("pg/pg_service.conf"), ["PGPASSFILE"] = place.PathOf("pg/pgpass"), ["PGSERVICE"] = The.Orders.Name };

    private static Commanded Git(Place place) => new(
        new Dictionary<string, string>
        {
            ["HOME"] = place.PathOf("home"), ["GIT_TERMINAL_PROMPT"] = "0", ["GIT_CONFIG_COUNT"] = "1", ["GIT_CONFIG_KEY_0"] = "credential.helper",
            ["GIT_CONFIG_VALUE_0"] = $"!{string.Join(' ', Client.Sidecar)} git --lease github --host {place.Git.Host} --socket {place.Socket}",
        },
        ["git", "ls-remote", $"http://{place.Git.Host}/repo.git"], () => place.Git.Secret ?? "");

    private static Commanded Kubectl(Place place) => new(
        new Dictionary<string, string> { ["KUBECONFIG"] = place.PathOf("kubeconfig"), ["HOME"] = place.PathOf("home") }, ["kubectl", "get", "--raw", "/version"], () => place.Cluster.Authorization ?? "");

    private static Commanded Docker(Place place)
    {
        Directory.CreateDirectory(place.PathOf("bin"));
        File.WriteAllText(place.PathOf("bin/config.json"), """{"credHelpers":{"registry.test":"broker"}}""");
        File.WriteAllText(place.PathOf("bin/docker-credential-broker"), $"#!/bin/sh\nexec {string.Join(' ', Client.Sidecar)} docker --lease github --server registry.test --socket {place.Socket} \"$@\"\n");
        File.SetUnixFileMode(place.PathOf("bin/docker-credential-broker"), (UnixFileMode)0b111_101_101);
        return new(
            new Dictionary<string, string> { ["DOCKER_HOST"] = $"unix://{place.PathOf("docker.sock")}", ["DOCKER_CONFIG"] = place.PathOf("bin"), ["PATH"] = $"{place.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}" },
            ["docker", "pull", "registry.test/shop/app"], () => place.Engine.RegistryAuth ?? "");
    }
}
