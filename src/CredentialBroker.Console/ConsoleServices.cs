using CredentialBroker.WebConsole.Approvals;
using CredentialBroker.WebConsole.Assets;
using CredentialBroker.WebConsole.Audit;
using CredentialBroker.WebConsole.Controls;
using CredentialBroker.WebConsole.Frame;
using CredentialBroker.WebConsole.Incidents;
using CredentialBroker.WebConsole.Leases;
using CredentialBroker.WebConsole.Overview;
using CredentialBroker.WebConsole.Reviews;
using CredentialBroker.WebConsole.Sessions;
using CredentialBroker.WebConsole.SignIn;
using CredentialBroker.WebConsole.Templates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace CredentialBroker.WebConsole;

/// <summary>The way to the API for one request of a browser, through the same door as everybody's.</summary>
public delegate HttpMessageHandler ApiTransport(HttpContext http, IServiceProvider services);

/// <summary>What the console adds to a host, and maps.</summary>
public static class ConsoleServices
{
    public static IServiceCollection AddConsole(this IServiceCollection services, ConsoleOptions options, ApiTransport transport)
    {
        services.AddRazorComponents();
        // Forms and sign-ins that are under way are sealed with keys that nobody but this process ever has.
        services.AddDataProtection();
        services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = new KeysInMemory());
        services.AddAntiforgery(forms =>
        {
            forms.FormFieldName = Forms.Field;
            forms.Cookie.Name = "credbroker-form";
            forms.Cookie.SameSite = SameSiteMode.Strict;
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            forms.SuppressXFrameOptionsHeader = true;
        });
        services.AddSignIn(options);
        return services.AddSingleton(options).AddSingleton(transport).AddSingleton<SessionTable>().AddSingleton<AssetFiles>();
    }

    /// <summary>The table of contents.</summary>
    public static void MapConsole(this IEndpointRouteBuilder routes)
    {
        if (!routes.ServiceProvider.GetRequiredService<ConsoleOptions>().Enabled) return;
        routes.MapAssets();
        routes.MapSignIn();
        routes.MapOverviewPage();
        routes.MapLeasePages();
        routes.MapApprovalPages();
        routes.MapTemplatePages();
        routes.MapIncidentPages();
        routes.MapControlPages();
        routes.MapReviewPages();
        routes.MapIdentityPages();
        routes.MapAuditPage();
    }
}
