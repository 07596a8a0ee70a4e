/* Shows one dashboard as it ships, with Splunk's own renderer: the definition stands in the page that loads this. */
import React from 'react';
import { createRoot } from 'react-dom/client';
import DashboardCore from '@splunk/dashboard-core';
import { DashboardContextProvider } from '@splunk/dashboard-context';
import EnterpriseViewOnlyPreset from '@splunk/dashboard-presets/EnterpriseViewOnlyPreset';
import SplunkThemeProvider from '@splunk/themes/SplunkThemeProvider';

const definition = JSON.parse(document.getElementById('definition').textContent);
const theme = document.documentElement.dataset.theme;
createRoot(document.getElementById('root')).render(
    <SplunkThemeProvider family="enterprise" colorScheme={theme} density="comfortable">
        <DashboardContextProvider preset={EnterpriseViewOnlyPreset} initialDefinition={definition}>
            <DashboardCore width="100%" height="auto" />
        </DashboardContextProvider>
    </SplunkThemeProvider>
);
