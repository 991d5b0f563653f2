namespace CredentialBroker.Templates;

internal static class TemplateServices
{
    public static IServiceCollection AddTemplates(this IServiceCollection services, TimeSpan ttl, TimeSpan maxTtl) => services
        .AddSingleton(new TemplateLimits { Ttl = ttl, MaxTtl = maxTtl })
        .AddSingleton<TemplateCompiler>()
        .AddSingleton<TemplateStore>()
        .AddSingleton<TemplateImport>()
        .AddSingleton<TemplateLog>();
}
